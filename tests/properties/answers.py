"""What a client reads from an answer, by rules of its own: the words of the specification of server-sent events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chat.http import Response


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's text, finish reason and usage; `pieces` are the texts as they came."""

    text: str
    finish_reason: str | None
    usage: dict[str, Any] | None
    pieces: tuple[str, ...]


def whole_answer(response: Response) -> Answer:
    """From one JSON object."""
    assert response.status == 200
    body = json.loads(b"".join(response.body))
    (choice,) = body["choices"]
    text = choice["message"]["content"]
    return Answer(text, choice["finish_reason"], body["usage"], (text,))


def streamed_answer(response: Response) -> Answer:
    """From server-sent events that end well."""
    assert response.status == 200
    return read_events(b"".join(response.body))


def read_events(body: bytes) -> Answer:
    """A line ends with CR, LF or both; "data:" starts a line of data, ":" a comment, and an empty line ends an
    event."""
    lines = re.split(r"\r\n|\n|\r", body.decode())
    assert [line for line in lines if line and not line.startswith(("data:", ":"))] == []
    assert [line for line in body.decode().splitlines() if line and not line.startswith(("data:", ":"))] == [], (
        "a client that splits lines as Unicode does (httpx's iter_lines) reads half an event"
    )
    data = [line.removeprefix("data:").removeprefix(" ") for line in lines if line.startswith("data:")]
    assert data[-1] == "[DONE]"
    return _answer([json.loads(item) for item in data[:-1]])


def deltas(chunk: bytes) -> Iterable[str]:
    """The texts in one chunk of bytes as the front wrote it."""
    for line in chunk.decode().split("\n"):
        if line.startswith("data: {"):
            for choice in json.loads(line.removeprefix("data: "))["choices"]:
                yield choice["delta"].get("content") or ""


def _answer(events: list[dict[str, Any]]) -> Answer:
    assert all("error" not in event for event in events)
    choices = [choice for event in events for choice in event["choices"]]
    pieces = tuple(choice["delta"]["content"] for choice in choices if choice["delta"].get("content"))
    assert [choice["delta"].get("role") for choice in choices] == ["assistant", *[None] * (len(choices) - 1)]
    assert all(choice["finish_reason"] is None for choice in choices[:-1])
    assert [bool(event["choices"]) for event in events] == [True] * len(choices) + [False] * (
        len(events) - len(choices)
    )
    return Answer("".join(pieces), choices[-1]["finish_reason"], events[-1].get("usage"), pieces)
