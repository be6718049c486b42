"""Lambda's entry: an event of API Gateway's REST proxy in, a proxy response with an iterator as body out.

Everything that takes time is made when the module is imported: that is the function's init phase.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping
from typing import Protocol

from chat.front import Front, load_models
from chat.host import request_log
from chat.host.event import ApiGatewayEvent
from chat.http import Body, Request
from chat.models import ENVIRONMENT_VARIABLE
from chat.serving.sagemaker import create_client


class LambdaContext(Protocol):
    """The members of Lambda's context object that are used."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int: ...


CORS_ORIGINS: tuple[str, ...] = tuple(json.loads(os.environ.get("FALCONRY_CORS_ORIGINS", "[]")))
"""Origins of web pages that may read the answers; "*" means every one."""


@functools.cache
def front() -> Front:
    """The front for the models in the environment. Raises ValueError if they are not described there."""
    return Front(load_models(os.environ.get(ENVIRONMENT_VARIABLE, "")), create_client())


def handler(event: Mapping[str, object], context: LambdaContext) -> dict[str, object]:
    """Answer one event. `body` yields bytes and has `close`, to be called when nobody listens any more."""
    read = ApiGatewayEvent(event)
    if not read.is_request:
        request_log.log({"level": "DEBUG", "message": "not a request", "keys": read.keys[:20]})
        return {"statusCode": 200, "headers": {}, "body": Body(())}
    request = to_request(read, context)
    response = front().handle(request)
    response.headers.update(_cors_headers(read.header("origin")))
    request_log.note(read, request, response)
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


if ENVIRONMENT_VARIABLE in os.environ:
    front()
