"""Tokens reach the client while the model still generates."""

from __future__ import annotations

import time
from typing import Any

from openai import OpenAI

from .conftest import Api

QUESTION = "Building a website can be done in 10 simple steps:"


def test_the_first_token_comes_long_before_the_last(api: Api) -> None:
    client = api.openai
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    # The first request finds everything cold, and would be late for other reasons.
    client.chat.completions.create(model="falcon-180b-chat", messages=messages, max_tokens=1)
    # A busy machine may join the pieces of one answer, not of each; an answer that is held back never streams.
    assert any(_streams(_arrivals(client, messages)) for _ in range(20))


def _arrivals(client: OpenAI, messages: list[Any]) -> list[float]:
    """Seconds until each piece of a long answer."""
    started = time.monotonic()
    return [
        time.monotonic() - started
        for chunk in client.chat.completions.create(
            model="falcon-180b-chat",
            messages=messages,
            max_tokens=100,
            temperature=0,
            stream=True,
        )
        if chunk.choices[0].delta.content
    ]


def _streams(arrivals: list[float]) -> bool:
    """Had they been held back, all would have come in the last moments."""
    assert len(arrivals) > 50
    return arrivals[0] < 0.5 * arrivals[-1] and len({round(arrival, 3) for arrival in arrivals}) > 25


def test_a_stream_is_server_sent_events_that_end_with_done(api: Api) -> None:
    body = {
        "model": "falcon-180b-chat",
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": 5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    response = api.post("/v1/chat/completions", json=body)
    events = [line for line in response.text.split("\n\n") if line]

    assert response.headers["content-type"].startswith("text/event-stream")
    assert all(event.startswith("data: ") for event in events)
    assert events[-1] == "data: [DONE]"
    assert '"usage":{"prompt_tokens":' in events[-2].replace(" ", "")


def test_curl_without_a_content_type_works(api: Api) -> None:
    # `curl -d` names the body a form.
    response = api.post(
        "/v1/chat/completions",
        content=b'{"model":"falcon-180b-chat","messages":[{"role":"user","content":"Hello"}],"max_tokens":4}',
    )

    assert response.status_code == 200, response.text
    assert response.json()["usage"]["completion_tokens"] <= 4
