"""An event of API Gateway's REST proxy integration (payload version 1.0), read."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import quote

_TIMEOUT_HEADERS = ("x-stainless-read-timeout", "x-stainless-timeout")
"""How OpenAI's Python and JavaScript clients tell the seconds that they wait for a byte."""


class ApiGatewayEvent:
    """What an event says about a request and its sender. Members that are not there are None or empty."""

    def __init__(self, event: Mapping[str, object]) -> None:
        self._event = event
        self._context = _mapping(event.get("requestContext"))
        self._identity = _mapping(self._context.get("identity"))

    @property
    def is_request(self) -> bool:
        """False for an event of another kind.

        API Gateway is said to tell a streaming function afterwards how its response was delivered
        (`invokeCompletionStatus`).
        """
        return "httpMethod" in self._event

    @property
    def keys(self) -> list[str]:
        """The names of the event's members, without what is in them."""
        return sorted(map(str, self._event))

    @property
    def method(self) -> str:
        return str(self._event.get("httpMethod"))

    @property
    def resource(self) -> str | None:
        """The route, such as "/models/{model}"."""
        resource = self._event.get("resource")
        return resource if isinstance(resource, str) else None

    @property
    def path(self) -> str:
        """The resource with its parameters filled in: unlike the event's path, it has no base path of a custom domain
        name in it."""
        path = self.resource
        if path is None:
            return str(self._event.get("path"))
        for name, value in _mapping(self._event.get("pathParameters")).items():
            path = path.replace(f"{{{name}}}", quote(str(value)))
        return path if "{" not in path else str(self._event.get("path"))

    @property
    def body(self) -> bytes:
        body = str(self._event.get("body") or "").encode("utf-8", "surrogatepass")
        return base64.b64decode(body) if self._event.get("isBase64Encoded") is True else body

    @property
    def request_id(self) -> str | None:
        request_id = self._context.get("requestId")
        return str(request_id) if request_id else None

    @property
    def client_timeout(self) -> float | None:
        """How many seconds the client waits for a byte, if it says so in a way that makes sense."""
        for name in _TIMEOUT_HEADERS:
            text = self.header(name)
            if text.replace(".", "", 1).isdecimal() and float(text) > 0:
                return float(text)
        return None

    @property
    def source_ip(self) -> object:
        """The sender's address."""
        return self._identity.get("sourceIp")

    def header(self, name: str) -> str:
        """The request's header `name` (in lower case), or an empty string."""
        headers = _mapping(self._event.get("headers"))
        return next((str(value) for given, value in headers.items() if str(given).lower() == name), "")

    def client(self, names: Mapping[str, str]) -> str | None:
        """Who called: the token's client, the API key's client by `names`, or the ARN of the signature's owner."""
        authorizer = _mapping(self._context.get("authorizer"))
        if authorizer.get("client"):
            return str(authorizer["client"])
        key_id, arn = self._identity.get("apiKeyId"), self._identity.get("userArn")
        if isinstance(key_id, str) and key_id:
            return names.get(key_id, key_id)
        return arn if isinstance(arn, str) else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
