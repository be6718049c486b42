"""Server-sent events: the lines of an incoming stream, and the events of an outgoing one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chat.http import encode_json

HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
"""Of a response that is a stream of events."""

DONE = b"data: [DONE]\n\n"
"""OpenAI's mark of a stream that ended well."""

KEEP_ALIVE = b": keep-alive\n\n"
"""A comment: clients skip it, and nothing on the way takes the stream for idle."""


_LINE_ENDS_OF_UNICODE = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
"""U+0085, U+2028 and U+2029 in UTF-8, and escaped in JSON. For the specification of server-sent events they do not end
a line; for clients that split with Python's `splitlines` (httpx's `iter_lines`, and so huggingface_hub) they do."""


def event(value: object) -> bytes:
    """One event with `value` as JSON, in which no client finds a line end."""
    data = encode_json(value)
    for character, escaped in _LINE_ENDS_OF_UNICODE:
        data = data.replace(character, escaped)
    return b"data: " + data + b"\n\n"


class LineBuffer:
    """Whole lines out of parts that may be cut anywhere, inside a line or inside a UTF-8 character."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, part: bytes) -> list[str]:
        """The lines that `part` completes, without their line ends."""
        *lines, self._rest = (self._rest + part).split(b"\n") if b"\n" in part else [self._rest + part]
        return [_decode(line) for line in lines]

    def rest(self) -> str:
        """What came after the last line end."""
        return _decode(self._rest)


def lines(parts: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream as they are completed, the last one also without a line end."""
    buffer = LineBuffer()
    for part in parts:
        yield from buffer.feed(part)
    if buffer.rest():
        yield buffer.rest()


def data(line: str) -> str | None:
    """What follows `data:` (not every server writes a space after it), or None for a comment, a blank or another
    field."""
    return line[5:].strip() if line.startswith("data:") else None


def _decode(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "replace")
