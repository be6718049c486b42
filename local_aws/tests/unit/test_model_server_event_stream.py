"""Streams that are slow, fail or are left by their client."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import pytest
from local_aws.model_server.app import make_app
from local_aws.model_server.engine import Token
from local_aws.model_server.event_stream import EventStreamResponse
from local_aws.model_server.inference import Inference
from local_aws.model_server.settings import Settings
from local_aws.model_server.versions import VERSIONS
from starlette.testclient import TestClient
from starlette.types import Message

SETTINGS = Settings(version=VERSIONS["2.4.0"])


async def run(response: EventStreamResponse, disconnect_after: float = 60.0) -> list[bytes]:
    """What the response sends until it ends or the client leaves."""
    sent: list[bytes] = []

    async def receive() -> Message:
        await asyncio.sleep(disconnect_after)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])

    await response({"type": "http"}, receive, send)
    return sent


def test_a_silent_stream_is_kept_alive_with_comment_lines() -> None:
    async def events() -> AsyncGenerator[bytes]:
        yield b"data: 1\n\n"
        await asyncio.sleep(0.25)
        yield b"data: 2\n\n"

    sent = asyncio.run(run(EventStreamResponse(events, {}, keep_alive_seconds=0.1)))
    # How many there are is the machine's doing.
    first, *between, second, end = sent
    assert (first, second, end) == (b"data: 1\n\n", b"data: 2\n\n", b"")
    assert between
    assert set(between) == {b":\n\n"}


def test_the_work_ends_when_the_client_leaves() -> None:
    ended = []

    async def events() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"data: 1\n\n"
                await asyncio.sleep(0.01)
        finally:
            ended.append(True)

    sent = asyncio.run(run(EventStreamResponse(events, {}), disconnect_after=0.05))
    assert sent.count(b"data: 1\n\n") >= 1
    assert b"" not in sent
    assert ended == [True]


class BrokenEngine:
    """Encodes, and fails to generate."""

    def encode(self, text: str) -> list[int]:
        return [1] * len(text.split())

    def prefill(self, ids: Sequence[int]) -> list[Token]:
        return []

    def generate(self, request: Any, emit: Callable[[Any], None], cancelled: threading.Event) -> None:
        raise RuntimeError("out of memory")


@pytest.mark.parametrize("stream", [False, True])
def test_a_failing_engine_is_reported_as_generation_error(stream: bool) -> None:
    inference = Inference(BrokenEngine(), SETTINGS, parallel=1)
    failed = {"error": "Request failed during generation: out of memory", "error_type": "generation"}
    with TestClient(make_app(inference, SETTINGS)) as client:
        response = client.post("/invocations", json={"inputs": "x", "stream": stream, "parameters": {}})
    if stream:
        assert response.status_code == 200
        assert json.loads(response.text.removeprefix("data: ")) == failed
    else:
        assert (response.status_code, response.json()) == (424, failed)
