"""Where in a JSON text a value stands, as serde_json reports it in an error."""

from __future__ import annotations

import json
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out

_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


def position_of(body: bytes, path: tuple[str | int, ...], *, at_end: bool = False) -> tuple[int, int]:
    """Line (from 1) and column (in bytes) of the value at `path` in `body`, which is valid JSON.

    serde_json has read a number, a string or a word to its end when it complains about it, but only looked at the
    bracket of a list or an object; `at_end` asks for the end of an object too (a missing field is noticed there).
    """
    text = body.decode("utf-8")
    start = _find(text, _skip(text, 0), path)
    stop = _DECODER.raw_decode(text, start)[1] if at_end or text[start] not in "[{" else start
    before = text[:stop]
    line_start = before.rfind("\n") + 1
    return before.count("\n") + 1, len(before[line_start:].encode("utf-8"))


def _find(text: str, start: int, path: tuple[str | int, ...]) -> int:
    """The start of the value at `path` inside the value at `start`. The last of equal keys counts, as for Python."""
    if not path:
        return start
    found = start
    position = _skip(text, start + 1)
    index = 0
    while text[position] not in "]}":
        key: str | int = index
        if text[start] == "{":
            key, position = scanstring(text, position + 1, True)
            position = _skip(text, _skip(text, position) + 1)
        if key == path[0]:
            found = _find(text, position, path[1:])
        position = _skip(text, _DECODER.raw_decode(text, position)[1])
        if text[position] == ",":
            position = _skip(text, position + 1)
        index += 1
    return found


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position
