"""One invocation of a function: what goes in, and the response as it comes out."""

import asyncio
import json
import secrets
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

# Writing by the function pauses while this many bytes wait for the reader.
_HIGH_WATER = 1 << 20


class InvocationRefusedError(Exception):
    """Lambda does not run the function: `code` is the service's error, such as TooManyRequestsException."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class FunctionError(Exception):
    """The function failed: an exception, a crash or a timeout. `payload` is the JSON that Lambda's Invoke returns."""

    def __init__(self, error_type: str, message: str, payload: bytes | None = None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.payload = payload or json.dumps({"errorMessage": message, "errorType": error_type}).encode()

    @classmethod
    def from_payload(cls, payload: bytes, error_type: str | None) -> "FunctionError":
        """From what a runtime posts: {"errorMessage", "errorType", "stackTrace"}."""
        try:
            value = json.loads(payload)
        except ValueError:
            value = None
        details = value if isinstance(value, dict) else {}
        kind = details.get("errorType") or error_type or "UnknownError"
        return cls(str(kind), str(details.get("errorMessage") or ""), payload or None)


class ResponseStream:
    """The bytes that a function writes, handed from the Runtime API to the caller, with back-pressure.

    It ends with `finish`, or with `fail` when the function fails, also in the middle. A caller that goes away calls
    `abandon`: the function runs on, as in AWS, and what it writes is thrown away.
    """

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._abandoned = False
        self._error: FunctionError | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed = False

    def begin(self) -> None:
        """The function has begun to answer."""
        if not self.begun.done():
            self.begun.set_result(None)

    async def write(self, data: bytes) -> None:
        if self._abandoned or self.closed:
            return
        self._chunks.append(data)
        self._buffered += len(data)
        self._changed.set()
        if self._buffered > _HIGH_WATER:
            self._room.clear()
            await self._room.wait()

    def finish(self) -> None:
        self.closed = True
        self.begin()
        self._changed.set()
        self._room.set()

    def fail(self, error: FunctionError) -> None:
        if not self.closed:
            self._error = error
            self.finish()

    def abandon(self) -> None:
        self._abandoned = True
        self._chunks.clear()
        self._room.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pieces as the function writes them. Raises FunctionError where it failed."""
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._buffered -= len(chunk)
                if self._buffered <= _HIGH_WATER:
                    self._room.set()
                yield chunk
            if self._error is not None:
                raise self._error
            if self.closed:
                return
            self._changed.clear()
            await self._changed.wait()

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])


@dataclass
class Invocation:
    """What Lambda hands to a runtime."""

    payload: bytes
    function_arn: str
    timeout_seconds: float
    trace_id: str = field(default_factory=lambda: f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled=0")
    client_context: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline: float = 0.0
    response: ResponseStream = field(default_factory=ResponseStream)

    def start_clock(self) -> None:
        self.deadline = time.time() + self.timeout_seconds
