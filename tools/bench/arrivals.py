"""Arrival times of the parts of a streamed answer: recorded on arrival, parsed later, to keep recording cheap."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_END = b"\r\n0\r\n"


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds from the request to the first piece of text and to the last byte."""

    first_token: float
    total: float


class WrongAnswerError(Exception):
    """A contestant returned another answer than the stand-in sent: it is broken, and its times do not count."""


@dataclass(slots=True)
class Arrivals:
    """One HTTP message with a chunked body of server-sent events. `started` is when its cause was sent (seconds of
    `time.perf_counter`)."""

    started: float
    received: list[tuple[float, bytes]] = field(default_factory=list)

    def read(self, connection: socket.socket, already: bytes = b"") -> None:
        """Read to the end of the chunked body. Raises WrongAnswerError if it does not come."""
        if already:
            self.received.append((time.perf_counter(), already))
        tail = already
        while not (_END in tail and tail.endswith(b"\r\n\r\n")):
            try:
                data = connection.recv(65536)
            except TimeoutError:
                data = b""
            if not data:
                raise WrongAnswerError(f"the answer was cut: {self._raw()[-2000:]!r}")
            self.received.append((time.perf_counter(), data))
            tail = (tail + data)[-4096:]

    def timing(self, expected: str) -> Timing:
        """Raises WrongAnswerError if the text is not `expected` (spaces around it aside)."""
        first, text, body = None, "", _ChunkedBody()
        for moment, data in self.received:
            for piece in _texts(body.feed(data)):
                first = moment if first is None else first
                text += piece
        if first is None or text.strip() != expected:
            raise WrongAnswerError(f"expected {expected!r}, got {text!r} in {self._raw()[:2000]!r}")
        return Timing((first - self.started) * 1000, (self.received[-1][0] - self.started) * 1000)

    def _raw(self) -> bytes:
        return b"".join(data for _, data in self.received)


class _ChunkedBody:
    """Takes a message in pieces; returns the complete lines of its body."""

    def __init__(self) -> None:
        self._raw = b""
        self._in_body = False
        self._body = b""

    def feed(self, data: bytes) -> list[bytes]:
        self._raw += data
        if not self._in_body:
            _, found, rest = self._raw.partition(b"\r\n\r\n")
            if not found:
                return []
            self._in_body, self._raw = True, rest
        while b"\r\n" in self._raw:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if length == 0 or len(rest) < length + 2:
                break
            self._body += rest[:length]
            self._raw = rest[length + 2 :]
        *lines, self._body = self._body.split(b"\n")
        return lines


def _texts(lines: list[bytes]) -> Iterator[str]:
    """The pieces of text in OpenAI's chunks. (Lambda's prelude comes before the first event, ended by NUL bytes.)"""
    for line in lines:
        _, found, data = line.rpartition(b"data: ")
        if found and data.startswith(b"{"):
            choices = json.loads(data).get("choices") or [{}]
            text = choices[0].get("delta", {}).get("content")
            if text:
                yield text
