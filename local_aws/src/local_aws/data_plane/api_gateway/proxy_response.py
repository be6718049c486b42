"""What a function's answer becomes for the client: the buffered proxy response, and the prelude of a streamed one."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

DELIMITER = b"\x00" * 8

# API Gateway sends its own; the function's are renamed x-amzn-Remapped-*. Transfer-Encoding and its kin are dropped.
_REMAPPED = frozenset({"connection", "content-length", "date", "server", "www-authenticate"})
_DROPPED = frozenset({"keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"})

_BUFFERED_FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
_PRELUDE_FIELDS = {"statusCode", "headers", "multiValueHeaders", "cookies"}


class MalformedResponseError(Exception):
    """The function's answer has not the form that a proxy integration asks for; the message says why."""


@dataclass(frozen=True)
class ProxyResponse:
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


def parse_buffered(payload: bytes, *, decode_binary: bool) -> ProxyResponse:
    """A buffered AWS_PROXY response. `decode_binary`: the API's binary media types apply, so base64 is decoded."""
    value = _object(payload)
    unknown = set(value) - _BUFFERED_FIELDS
    if unknown:
        raise MalformedResponseError(
            f"unknown field {sorted(unknown)[0]!r}; allowed are {', '.join(sorted(_BUFFERED_FIELDS))}"
        )
    status, headers = _status(value), _headers(value)
    body = value.get("body")
    if body is None:
        data = b""
    elif not isinstance(body, str):
        raise MalformedResponseError("body is not a string")
    elif value.get("isBase64Encoded") and decode_binary:
        try:
            data = base64.b64decode(body, validate=True)
        except binascii.Error as error:
            raise MalformedResponseError("body is not base64") from error
    else:
        data = body.encode()
    return ProxyResponse(status, headers, data)


def parse_prelude(metadata: bytes) -> ProxyResponse:
    """The JSON before the delimiter of a streamed response."""
    value = _object(metadata)
    unknown = set(value) - _PRELUDE_FIELDS
    if unknown:
        raise MalformedResponseError(f"unknown field {sorted(unknown)[0]!r} in the metadata")
    cookies = value.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedResponseError("cookies is not a list of strings")
    return ProxyResponse(_status(value), [*_headers(value), *(("Set-Cookie", cookie) for cookie in cookies)])


class PreludeReader:
    """Finds the metadata and its delimiter, 8 NUL bytes, which may be spread over chunks.

    Raises MalformedResponseError if the delimiter is not within the first `limit` bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._received = bytearray()

    def feed(self, chunk: bytes) -> tuple[ProxyResponse, bytes] | None:
        """The parsed metadata and the first bytes of the body, or None while more is needed."""
        seen = max(0, len(self._received) - len(DELIMITER))
        self._received += chunk
        position = self._received.find(DELIMITER, seen)
        if position + len(DELIMITER) > self._limit or (position < 0 and len(self._received) >= self._limit):
            raise MalformedResponseError(f"no delimiter (8 NUL bytes) within the first {self._limit} bytes")
        if position < 0:
            return None
        return parse_prelude(bytes(self._received[:position])), bytes(self._received[position + len(DELIMITER) :])


def _object(payload: bytes) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except ValueError as error:
        raise MalformedResponseError("not JSON") from error
    if not isinstance(value, dict):
        raise MalformedResponseError("not a JSON object")
    return value


def _status(value: dict[str, Any]) -> int:
    try:
        status = int(value.get("statusCode", 200))
    except (TypeError, ValueError) as error:
        raise MalformedResponseError(f"statusCode {value.get('statusCode')!r} is not a number") from error
    if not 200 <= status <= 599:
        raise MalformedResponseError(f"statusCode {status} is not between 200 and 599")
    return status


def _headers(value: dict[str, Any]) -> list[tuple[str, str]]:
    single, multiple = ({} if value.get(name) is None else value[name] for name in ("headers", "multiValueHeaders"))
    if not isinstance(single, dict) or not isinstance(multiple, dict):
        raise MalformedResponseError("headers is not an object")
    merged: dict[str, list[Any]] = {name: [item] for name, item in single.items()}
    for name, items in multiple.items():
        if not isinstance(items, list):
            raise MalformedResponseError(f"multiValueHeaders: {name!r} is not a list")
        merged[name] = items
    headers = []
    for name, items in merged.items():
        lower = name.lower()
        if lower in _DROPPED:
            continue
        sent = f"x-amzn-Remapped-{name}" if lower in _REMAPPED else name
        headers += [(sent, _header_text(name, item)) for item in items]
    return headers


def _header_text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise MalformedResponseError(f"header {name!r} is not a string, number or boolean")
    return str(value)
