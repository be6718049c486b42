"""What OpenAI's client makes of an answer of API Gateway's own: asked of the client itself, without a network."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
import openai

from constructs_lib.api.gateway_responses import GatewayErrorResponse


@dataclass(frozen=True, slots=True)
class ClientView:
    """The class of the exception, and whether the request was sent again before it was raised."""

    exception: str
    retried: bool


def view_of(error: GatewayErrorResponse) -> ClientView:
    """The view of a row that has a status."""
    calls = 0

    def answer(_request: httpx2.Request) -> httpx2.Response:
        nonlocal calls
        calls += 1
        # A millisecond before the next try, in place of the row's seconds.
        headers = {**error.headers, "x-request-id": "gateway-1", "retry-after-ms": "1"}
        body = {"error": {"message": error.message, "type": error.error_type, "param": None, "code": error.code}}
        return httpx2.Response(error.status or 0, headers=headers, json=body)

    http_client = httpx2.Client(transport=httpx2.MockTransport(answer))
    client = openai.OpenAI(api_key="any", base_url="https://api.test/v1", http_client=http_client)
    try:
        client.models.list()
    except openai.APIStatusError as raised:
        return ClientView(type(raised).__name__, calls > 1)
    raise AssertionError(f"the client took status {error.status} for an answer")
