"""Lambda's entry: an event of API Gateway's REST proxy in, a proxy response with an iterator as body out.

Everything that takes time is made when the module is imported: that is the function's init phase.
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Mapping
from typing import Protocol

from chat.front import Front, load_models
from chat.host import audit, metrics, tracing
from chat.host.event import ApiGatewayEvent
from chat.http import Body, Request, Response
from chat.models import ENVIRONMENT_VARIABLE
from chat.serving.sagemaker import create_client


class LambdaContext(Protocol):
    """The members of Lambda's context object that are used."""

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


@functools.cache
def front() -> Front:
    """The front for the models in the environment. Raises ValueError if they are not described there."""
    return Front(load_models(os.environ.get(ENVIRONMENT_VARIABLE, "")), create_client())


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer one event. `body` yields bytes and has `close`, to be called when nobody listens any more."""
    read = ApiGatewayEvent(event)
    if not read.is_request:
        _log({"level": "DEBUG", "message": "not a request", "keys": read.keys[:20]})
        return {"statusCode": 200, "headers": {}, "body": Body(())}
    request = to_request(read, context)
    response = front().handle(request)
    response.headers.update(_cors_headers(read.header("origin")))
    copy = AUDIT_LOG.copy_of(response.body) if AUDIT_LOG else []
    response.body.on_close(functools.partial(_log_response, read, request, response, copy))
    return {"statusCode": response.status, "headers": response.headers, "body": response.body}


def to_request(event: ApiGatewayEvent, context: LambdaContext) -> Request:
    """The request that `event` describes, with the time that Lambda leaves for it."""
    return Request(
        method=event.method,
        path=event.path,
        body=event.body,
        request_id=event.request_id or context.aws_request_id,
        remaining_seconds=context.get_remaining_time_in_millis() / 1000,
        client_timeout=event.client_timeout,
    )


def _cors_headers(origin: str) -> dict[str, str]:
    """Headers that let a page of an allowed origin read the answer; none without allowed origins."""
    if not CORS_ORIGINS:
        return {}
    allowed = "*" if "*" in CORS_ORIGINS else origin if origin in CORS_ORIGINS else None
    if allowed is None:
        return {"vary": "Origin"}
    return {
        "access-control-allow-origin": allowed,
        "access-control-expose-headers": "x-request-id,retry-after,x-should-retry",
        "vary": "Origin",
    }


def _log_response(event: ApiGatewayEvent, request: Request, response: Response, copy: list[bytes]) -> None:
    """Write the request's log line: ids, counts, times and metrics; never a prompt, an answer or a key.

    `copy` is what was answered, for an audit log that keeps it.
    """
    record = response.record
    outcome = "failed" if record.error_code else "completed" if response.body.exhausted else "client_closed"
    client = event.client(CLIENTS)
    line: dict[str, object] = {
        "level": "INFO",
        "message": "request",
        "request_id": request.request_id,
        "client": client,
        "route": f"{request.method} {event.resource or request.path}",
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
        _audit(AUDIT_LOG, {**line, "source_ip": event.source_ip}, request, copy, now)


def _audit(log: audit.AuditWriter, line: Mapping[str, object], request: Request, copy: list[bytes], now: float) -> None:
    """Write the audit record. Everything has been sent by now: only the end of the answer waits for it."""
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


def _log(line: dict[str, object]) -> None:
    print(json.dumps(line, separators=(",", ":")), flush=True)


if ENVIRONMENT_VARIABLE in os.environ:
    front()
