"""What API Gateway knows about one request: the proxy event's parts and the `$context` variables of templates."""

import base64
import secrets
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local_aws.data_plane.api_gateway.definition import RestApi, Stage
from local_aws.data_plane.api_gateway.routing import Route
from local_aws.data_plane.http_messages import Request

# Not passed on to integrations: the connection's own headers ("Important notes" in the developer guide).
_DROPPED_REQUEST_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "content-md5",
        "expect",
        "keep-alive",
        "max-forwards",
        "proxy-authenticate",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "www-authenticate",
    }
)

# Known only with IAM or Cognito authorization.
_UNUSED_IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)


@dataclass
class RequestContext:
    """One request on its way through the gateway."""

    request: Request
    api: RestApi
    stage: Stage
    route: Route | None = None
    body: bytes = b""
    authorizer: dict[str, Any] | None = None
    api_key: str | None = None
    api_key_id: str | None = None
    caller_arn: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(
        default_factory=lambda: base64.b64encode(secrets.token_bytes(11)).decode().rstrip("=") + "="
    )
    trace_id: str = ""
    started: float = field(default_factory=time.time)
    # For the access log: times since the epoch, seconds, and how the request ended.
    authorizer_seconds: float | None = None
    integration_started: float | None = None
    streamed: bool = False
    error_type: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    headers: list[tuple[str, str]] = field(default_factory=list)
    query: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        request = self.request
        # An incoming trace id is continued, as X-Ray does; otherwise there is a new root.
        self.trace_id = request.header("x-amzn-trace-id") or f"Root=1-{int(self.started):08x}-{secrets.token_hex(12)}"
        forwarded = request.header("x-forwarded-for")
        own = {
            "X-Amzn-Trace-Id": self.trace_id,
            "X-Forwarded-For": f"{forwarded}, {request.client_address}" if forwarded else request.client_address,
            "X-Forwarded-Port": "443",
            "X-Forwarded-Proto": "https",
        }
        replaced = {name.lower() for name in own}
        self.headers = [
            (name, value)
            for name, value in request.headers
            if name.lower() not in _DROPPED_REQUEST_HEADERS and name.lower() not in replaced
        ]
        self.headers += own.items()
        self.query = parse_qsl(request.query, keep_blank_values=True)

    @property
    def method_arn(self) -> str:
        """The ARN that an authorizer gets and its policy is evaluated against."""
        path = self.request.path.lstrip("/")
        api = f"arn:aws:execute-api:{self.api.region}:{self.api.account_id}:{self.api.id}"
        return f"{api}/{self.stage.name}/{self.request.method}/{path}"

    def matched_route(self) -> Route:
        """The route; only for code that runs after routing."""
        if self.route is None:
            raise RuntimeError("the request was not routed yet")
        return self.route

    def header(self, name: str) -> str | None:
        return self.request.header(name)

    def proxy_parts(self) -> dict[str, Any]:
        """What the proxy event (payload version 1.0) and a REQUEST authorizer's event have in common."""
        route = self.matched_route()
        return {
            "resource": route.resource.path,
            "path": self.request.path,
            "httpMethod": self.request.method,
            "headers": dict(self.headers) or None,
            "multiValueHeaders": _multi_value(self.headers),
            "queryStringParameters": dict(self.query) or None,
            "multiValueQueryStringParameters": _multi_value(self.query),
            "pathParameters": route.path_parameters or None,
            "stageVariables": self.stage.variables or None,
            "requestContext": self.request_context(),
        }

    def request_context(self) -> dict[str, Any]:
        """The event's requestContext; also the source of `$context.*` in templates."""
        route = self.route
        host = self.header("host") or "127.0.0.1"
        context: dict[str, Any] = {
            "resourceId": route.resource.id if route else None,
            "resourcePath": route.resource.path if route else None,
            "httpMethod": self.request.method,
            "extendedRequestId": self.extended_id,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(self.started)),
            "path": self.request.path,
            "accountId": self.api.account_id,
            "protocol": "HTTP/1.1",
            "stage": self.stage.name,
            "domainPrefix": host.partition(":")[0].partition(".")[0],
            "requestTimeEpoch": int(self.started * 1000),
            "requestId": self.request_id,
            "identity": self._identity(),
            "domainName": host,
            "deploymentId": self.stage.deployment_id,
            "apiId": self.api.id,
        }
        if self.authorizer is not None:
            context["authorizer"] = self.authorizer
        return context

    def _identity(self) -> dict[str, Any]:
        identity: dict[str, Any] = dict.fromkeys(_UNUSED_IDENTITY)
        identity["sourceIp"] = self.request.client_address
        identity["userAgent"] = self.header("user-agent")
        if self.caller_arn is not None:
            identity |= {"userArn": self.caller_arn, "accountId": self.caller_arn.split(":")[4]}
        if self.api_key is not None:
            identity |= {"apiKey": self.api_key, "apiKeyId": self.api_key_id}
        return identity


def _multi_value(pairs: list[tuple[str, str]]) -> dict[str, list[str]] | None:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values or None
