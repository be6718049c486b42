"""Lambda's entry: an event of API Gateway's REST proxy in, a proxy response with an iterator as body out.

Everything that takes time is made when the module is imported: that is the function's init phase.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import time
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import quote

from chat.front import Front, load_models
from chat.host import audit, metrics, tracing
from chat.http import Body, Request, Response
from chat.models import ENVIRONMENT_VARIABLE
from chat.serving.sagemaker import create_client


class Context(Protocol):
    """What is used of Lambda's context object."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


CORS_ORIGINS: tuple[str, ...] = tuple(json.loads(os.environ.get("FALCONRY_CORS_ORIGINS", "[]")))
"""Origins of web pages that may read the answers; "*" means every one."""

CLIENTS: Mapping[str, str] = json.loads(os.environ.get("FALCONRY_CLIENTS", "{}"))
"""Names of clients by the ids of their API keys."""


DEPLOYMENT = os.environ.get("FALCONRY_DEPLOYMENT", "")
"""The deployment's name, under which metrics are kept; none are without it."""

AUDIT_LOG = audit.from_environment()
"""Where a record of each request is kept; None where the deployment keeps none."""

_TIMEOUT_HEADERS = ("x-stainless-read-timeout", "x-stainless-timeout")
"""How OpenAI's Python and JavaScript clients tell the seconds that they wait for a byte."""


@functools.cache
def front() -> Front:
    """The front for the models in the environment. Raises ValueError if they are not described there."""
    return Front(load_models(os.environ.get(ENVIRONMENT_VARIABLE, "")), create_client())


def handler(event: Mapping[str, object], context: Context) -> dict[str, object]:
    """Answer one event; `body` yields bytes and has `close`, to be called when nobody listens any more."""
    if "httpMethod" not in event:
        # API Gateway is said to tell a streaming function afterwards how its response was delivered
        # (`invokeCompletionStatus`). That is not a request; it gets an empty answer.
        _log({"level": "DEBUG", "message": "not a request", "keys": sorted(map(str, event))[:20]})
        return {"statusCode": 200, "headers": {}, "body": Body(())}
    request = to_request(event, context)
    response = front().handle(request)
    response.headers.update(_cors_headers(event))
    copy = AUDIT_LOG.copy_of(response.body) if AUDIT_LOG else []
    response.body.on_close(functools.partial(_log_response, event, request, response, copy))
    return {"statusCode": response.status, "headers": response.headers, "body": response.body}


def to_request(event: Mapping[str, object], context: Context) -> Request:
    """The request that an event of API Gateway's REST proxy integration (payload version 1.0) describes."""
    body = str(event.get("body") or "").encode("utf-8", "surrogatepass")
    return Request(
        method=str(event.get("httpMethod")),
        path=_path(event),
        body=base64.b64decode(body) if event.get("isBase64Encoded") is True else body,
        request_id=str(_request_context(event).get("requestId") or context.aws_request_id),
        remaining_seconds=context.get_remaining_time_in_millis() / 1000,
        client_timeout=_client_timeout(event),
    )


def _path(event: Mapping[str, object]) -> str:
    """The resource with its parameters filled in: unlike `path`, it has no base path of a custom domain name in it."""
    resource, parameters = event.get("resource"), event.get("pathParameters")
    if not isinstance(resource, str):
        return str(event.get("path"))
    for name, value in (parameters if isinstance(parameters, dict) else {}).items():
        resource = resource.replace(f"{{{name}}}", quote(str(value)))
    return resource if "{" not in resource else str(event.get("path"))


def _cors_headers(event: Mapping[str, object]) -> dict[str, str]:
    """What lets a page of an allowed origin read the answer. Nothing without allowed origins."""
    if not CORS_ORIGINS:
        return {}
    origin = _header(event, "origin")
    allowed = "*" if "*" in CORS_ORIGINS else origin if origin in CORS_ORIGINS else None
    if allowed is None:
        return {"vary": "Origin"}
    return {
        "access-control-allow-origin": allowed,
        "access-control-expose-headers": "x-request-id,retry-after,x-should-retry",
        "vary": "Origin",
    }


def _header(event: Mapping[str, object], name: str) -> str:
    """The request's header `name` (in lower case), or an empty string."""
    given = event.get("headers")
    headers = given if isinstance(given, dict) else {}
    return next((str(value) for given_name, value in headers.items() if str(given_name).lower() == name), "")


def _client_timeout(event: Mapping[str, object]) -> float | None:
    """How many seconds the client waits for a byte, if it says so in a way that makes sense."""
    for name in _TIMEOUT_HEADERS:
        text = _header(event, name)
        if text.replace(".", "", 1).isdecimal() and float(text) > 0:
            return float(text)
    return None


def _client(event: Mapping[str, object]) -> str | None:
    """Who called: the name of the API key's client, the token's client, or the ARN of the signature's owner."""
    context = _request_context(event)
    identity, authorizer = context.get("identity"), context.get("authorizer")
    if isinstance(authorizer, dict) and authorizer.get("client"):
        return str(authorizer["client"])
    if not isinstance(identity, dict):
        return None
    key_id = identity.get("apiKeyId")
    return CLIENTS.get(key_id, key_id) if key_id else identity.get("userArn")


def _request_context(event: Mapping[str, object]) -> Mapping[str, object]:
    context = event.get("requestContext")
    return context if isinstance(context, dict) else {}


def _log_response(event: Mapping[str, object], request: Request, response: Response, copy: list[bytes]) -> None:
    """One line a request: ids, counts, times and metrics. Never a prompt, an answer or a key.

    `copy` is what was answered, for an audit log that keeps it.
    """
    record = response.record
    outcome = "failed" if record.error_code else "completed" if response.body.exhausted else "client_closed"
    client = _client(event)
    line: dict[str, object] = {
        "level": "INFO",
        "message": "request",
        "request_id": request.request_id,
        "client": client,
        "route": f"{request.method} {event.get('resource') or request.path}",
        "status": response.status,
        "outcome": outcome,
        **record.fields(),
    }
    now = time.time()
    measured: dict[str, object] = {}
    if DEPLOYMENT:
        measured = metrics.embedded(
            record, deployment=DEPLOYMENT, client=client, status=response.status, milliseconds=int(now * 1000)
        )
    _log(line | measured)
    tracing.send(record)
    if AUDIT_LOG:
        _audit(AUDIT_LOG, {**line, "source_ip": _source_ip(event)}, request, copy, now)


def _audit(log: audit.AuditLog, line: Mapping[str, object], request: Request, copy: list[bytes], now: float) -> None:
    """Everything has been sent by now: only the end of the answer waits for its record."""
    failure = log.write(line, request.body, copy, now)
    _log(
        {
            "level": "ERROR" if failure else "INFO",
            "message": "audit",
            "request_id": request.request_id,
            "outcome": "failed" if failure else "written",
            **({"error": failure} if failure else {}),
            **metrics.audited(deployment=DEPLOYMENT, failed=failure is not None, milliseconds=int(now * 1000)),
        }
    )


def _source_ip(event: Mapping[str, object]) -> object:
    identity = _request_context(event).get("identity")
    return identity.get("sourceIp") if isinstance(identity, dict) else None


def _log(line: dict[str, object]) -> None:
    print(json.dumps(line, separators=(",", ":")), flush=True)


if ENVIRONMENT_VARIABLE in os.environ:
    front()
