"""The streams of the bench: every way in which an answer can be wrong is seen; the scripted server speaks as TGI."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from chat.serving import tgi_events
from chat.serving.container import Final, Token

from tools.bench import child, raw_http
from tools.bench.open_stream import TOKENS, OpenStream, StreamResult
from tools.bench.scripted_model import MARK, answer_tokens
from tools.bench.streams import model_server

ROOT = Path(__file__).resolve().parents[2]
HEAD = raw_http.head("200 OK", {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})
DONE = b"data: [DONE]\n\n"


def chunk(text: str, finish: str | None = None) -> bytes:
    return (
        b"data: " + json.dumps({"choices": [{"delta": {"content": text}, "finish_reason": finish}]}).encode() + b"\n\n"
    )


def events(tokens: list[str]) -> list[bytes]:
    first, *rest = tokens
    return [chunk(first.lstrip()), *(chunk(token) for token in rest), chunk("", "length"), DONE]


def outcomes(
    script: Callable[[str], list[bytes]], count: int = 1, end: bytes = raw_http.LAST_CHUNK
) -> list[StreamResult]:
    """What a stream says of a server that answers the question with this mark with these events."""

    async def answer(exchange: raw_http.Exchange) -> None:
        pieces = script(MARK.findall(exchange.body.decode())[-1])
        exchange.write(HEAD + b"".join(raw_http.chunk(piece) for piece in pieces) + end)
        if not end:
            exchange.close()

    async def ask() -> list[StreamResult]:
        server = await asyncio.get_running_loop().create_server(lambda: raw_http.Connection(answer), "127.0.0.1", 0)
        async with server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            stream = OpenStream(7, url, "key", "model")
            result = [await stream.ask() for _ in range(count)]
            stream.close()
            return result

    return asyncio.run(ask())


def test_complete_answers_have_no_fault() -> None:
    both = outcomes(lambda mark: events(answer_tokens(mark, TOKENS)), count=2)

    assert [one.fault for one in both] == [None, None]
    assert all(0 < one.first_token <= one.total for one in both)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        (lambda mark: events(answer_tokens("mark-8-1", TOKENS)), "mixed up: mark-7-1"),
        (
            lambda mark: events([*answer_tokens(mark, TOKENS - 1), answer_tokens("mark-7-2", TOKENS)[-1]]),
            "mixed up: mark-7-1",
        ),
        (lambda mark: events(answer_tokens(mark, TOKENS - 1)), "not what was sent: mark-7-1"),
        (lambda mark: events([*answer_tokens(mark, TOKENS), f" {mark}.63"]), "not what was sent: mark-7-1"),
        (lambda mark: events(answer_tokens(mark, TOKENS))[:-1], "wrong end: length"),
        (lambda mark: [*events(answer_tokens(mark, TOKENS))[:-2], DONE], "wrong end: None"),
    ],
)
def test_each_fault_is_seen(script: Callable[[str], list[bytes]], fault: str) -> None:
    (one,) = outcomes(script)

    assert (one.fault or "").startswith(fault)


def test_a_cut_answer_is_a_fault_and_the_next_question_goes_over_a_new_connection() -> None:
    both = outcomes(lambda mark: events(answer_tokens(mark, TOKENS)), count=2, end=b"")

    assert [(one.fault or "").partition(":")[0] for one in both] == ["broken", "broken"]


def test_the_front_s_reader_understands_the_scripted_model() -> None:
    request = {"inputs": "Say mark-3-4.", "parameters": {"max_new_tokens": 5, "details": True}, "stream": True}
    with model_server(gap_ms=1) as url:
        health = httpx2.get(f"{url}/health")
        body = httpx2.post(f"{url}/invocations", json=request).content
        whole = httpx2.post(f"{url}/invocations", json={**request, "stream": False}).json()

    assert health.status_code == 200
    tokens = [token for token in tgi_events.tokens([body]) if isinstance(token, Token)]
    assert [token.text for token in tokens] == answer_tokens("mark-3-4", 5)
    assert tokens[-1].final == Final("length", 5, 2)
    assert whole[0]["generated_text"] == " mark-3-4.0 mark-3-4.1 mark-3-4.2 mark-3-4.3 mark-3-4.4"


def test_a_stand_in_ends_when_it_is_told_to() -> None:
    process = subprocess.Popen([sys.executable, "-m", "tools.bench.scripted_model"], cwd=ROOT, stdout=subprocess.PIPE)
    with child.ending(process):
        assert int(child.pipe(process.stdout).readline()) > 0

    assert process.returncode == 0
