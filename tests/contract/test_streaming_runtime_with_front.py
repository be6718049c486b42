"""The deployed function as a whole, bootstrap to botocore, between a Runtime API and a SageMaker written by hand."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.contract.runtime_api_support import LAMBDA_SRC, WAIT_SECONDS, runtime
from tests.event_stream_support import part
from tests.unit.front_support import final, token

MODEL = {
    "name": "m",
    "endpoint": "e",
    "container": "tgi",
    "container_version": "1.4.0",
    "template": "falcon-180b-chat",
    "max_total_tokens": 2048,
    "max_input_tokens": 1024,
}
HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
    b"X-Amzn-SageMaker-Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)


class SageMaker:
    """Streams `tokens` to one caller, one every 100 ms; `caller_left` is set when the caller closes before the end."""

    def __init__(self, tokens: list[bytes]) -> None:
        self._tokens = tokens
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.request = b""
        self.caller_left = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            while not self.request.endswith(b"}"):
                self.request += connection.recv(65536)
            connection.sendall(HEAD)
            try:
                for item in self._tokens:
                    message = part(item)
                    connection.sendall(b"%x\r\n%b\r\n" % (len(message), message))
                    time.sleep(0.1)
                connection.sendall(b"0\r\n\r\n")
            except OSError:
                self.caller_left.set()


@pytest.fixture
def many_tokens() -> Iterator[SageMaker]:
    server = SageMaker([token(f" {number}") for number in range(200)])
    yield server
    server.close()


@pytest.fixture
def few_tokens() -> Iterator[SageMaker]:
    server = SageMaker(
        [token(" One"), token(" two"), token(" three"), final("<|endoftext|>", "eos_token", 4, special=True)]
    )
    yield server
    server.close()


def environment(sagemaker: SageMaker) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sagemaker.url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "FALCONRY_MODELS": json.dumps([MODEL]),
    }


def event() -> dict[str, object]:
    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Count"}]}
    return {
        "httpMethod": "POST",
        "path": "/v1/chat/completions",
        "resource": "/v1/chat/completions",
        "body": json.dumps(body),
        "requestContext": {"requestId": "gateway-1"},
    }


def test_tokens_go_through_one_by_one(tmp_path: Path, few_tokens: SageMaker) -> None:
    (tmp_path / "chat").symlink_to(LAMBDA_SRC / "chat")
    with runtime(tmp_path, "", "chat.host.handler.handler", **environment(few_tokens)) as (server, _):
        server.invoke("r-1", event())
        call = server.call()
    prelude, chunks = call.streamed()
    assert prelude["statusCode"] == 200
    assert prelude["headers"]["x-request-id"] == "gateway-1"
    texts = [json.loads(chunk.removeprefix(b"data: ")) for chunk in chunks[:-1]]
    assert [item["choices"][0]["delta"].get("content") for item in texts] == ["", "One", " two", " three", None]
    assert chunks[-1] == b"data: [DONE]\n\n"
    arrivals = [when for when, data in call.chunks if b'"content":"' in data and b'"content":""' not in data]
    assert min(later - earlier for earlier, later in pairwise(arrivals)) > 0.06
    assert b"POST /endpoints/e/invocations-response-stream" in few_tokens.request


def test_a_client_that_goes_away_ends_the_generation(tmp_path: Path, many_tokens: SageMaker) -> None:
    (tmp_path / "chat").symlink_to(LAMBDA_SRC / "chat")
    with runtime(tmp_path, "", "chat.host.handler.handler", **environment(many_tokens)) as (server, process):
        server.hang_up_after_chunks = 4
        server.invoke("r-1", event())
        assert not server.call().complete
        assert many_tokens.caller_left.wait(WAIT_SECONDS)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["outcome"] == "client_closed"
