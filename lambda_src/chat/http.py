"""Request and Response: what a host (Lambda, a test) gives to the front and gets back."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from chat.errors import ApiError, ErrorKind
from chat.record import Record


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. `path` is decoded and carries no stage; `remaining_seconds` is the time that the host gives for
    the answer, `client_timeout` how many seconds the client waits for a byte, if it says so."""

    method: str
    path: str
    body: bytes = b""
    request_id: str = ""
    remaining_seconds: float = 900.0
    client_timeout: float | None = None

    def json(self) -> dict[str, object]:
        """The body as a JSON object. Raises ApiError for anything else."""
        try:
            value = json.loads(self.body, parse_constant=_refuse_constant, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            explained = isinstance(error, json.JSONDecodeError | _NoNumberError)
            reason = str(error) if explained else "it could not be decoded"
            raise ApiError(ErrorKind.INVALID_JSON, f"The body is not valid JSON: {reason}.") from None
        if not isinstance(value, dict):
            raise ApiError(ErrorKind.INVALID_JSON, 'The body must be a JSON object, such as {"model": ...}.')
        return value


class Body:
    """The bytes of an answer, as they come. `close` ends the work behind them, even if iteration never began.

    (A generator alone would not do: closing one that was never started skips its `finally`.)
    """

    def __init__(self, chunks: Iterable[bytes], *on_close: Callable[[], None]) -> None:
        self._chunks: Iterator[bytes] = iter(chunks)
        self._on_close = list(on_close)
        self._on_chunk: list[Callable[[bytes], None]] = []
        self._exhausted = False

    @property
    def exhausted(self) -> bool:
        """Whether everything was read; False when a client went away before the end."""
        return self._exhausted

    def on_close(self, action: Callable[[], None]) -> None:
        """Run `action` once, when the body ends or is closed, after those registered before."""
        self._on_close.append(action)

    def on_chunk(self, action: Callable[[bytes], None]) -> None:
        """Run `action` with each piece, before it is handed on."""
        self._on_chunk.append(action)

    def __iter__(self) -> Body:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._chunks)
            for action in self._on_chunk:
                action(chunk)
            return chunk
        except BaseException as error:
            self._exhausted = isinstance(error, StopIteration)
            self.close()
            raise

    def close(self) -> None:
        close_chunks = getattr(self._chunks, "close", None)
        if close_chunks is not None:
            close_chunks()
        while self._on_close:
            self._on_close.pop(0)()


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response. Status and headers are final before the first byte of `body`; `record` is complete when `body`
    has ended."""

    status: int
    headers: dict[str, str]
    body: Body
    record: Record = field(default_factory=Record)


def encode_json(value: object) -> bytes:
    """Compact UTF-8 JSON. Half of a surrogate pair, which JSON can express and UTF-8 cannot, becomes "?"."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def json_response(
    value: object, *, record: Record, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """`value` as one JSON body."""
    return Response(status, {"content-type": "application/json", **(headers or {})}, Body([encode_json(value)]), record)


def error_response(error: ApiError, record: Record) -> Response:
    """`error` in OpenAI's shape, with its status and its headers on retrying."""
    record.fail(error)
    return json_response(error.body(), record=record, status=error.kind.status, headers=error.headers())


class _NoNumberError(ValueError):
    """Something in the place of a number that the model's server could not read either."""


def _refuse_constant(name: str) -> object:
    raise _NoNumberError(f"{name} is not a number in JSON")


def _finite(text: str) -> float:
    """JSON has no largest number, but what becomes infinite here cannot be written as JSON again."""
    value = float(text)
    if math.isinf(value):
        raise _NoNumberError(f"{text[:20]} is larger than any number that can be used")
    return value
