"""A request and the response to it, as handlers of the data plane's HTTP server see them."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import h11

Headers = Sequence[tuple[str, str]]

# Reading from the socket pauses while this many bytes of a body wait for the handler.
_BODY_HIGH_WATER = 1 << 20


class ConnectionLostError(Exception):
    """The other side closed the connection before the message was complete."""


class BodyTooLargeError(Exception):
    """The request's body has more bytes than the limit given to `Request.read`."""


class Connection(Protocol):
    """What a request and its response need of the client connection that they belong to."""

    lost: asyncio.Event
    """Set once the client has closed it."""
    request_method: str

    def allow_body(self) -> None: ...
    def set_reading(self, wanted: bool) -> None: ...
    def send(self, event: h11.Event) -> None: ...
    async def drain(self) -> None: ...
    def abort(self) -> None: ...


class Request:
    """One request: the raw target, headers in the order and spelling they came, and the body as a stream."""

    def __init__(self, connection: Connection, event: h11.Request, client_address: str) -> None:
        self.method = event.method.decode("ascii")
        self.target = event.target.decode("latin-1")
        path, _, self.query = self.target.partition("?")
        self.path = path or "/"
        self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()]
        self.client_address = client_address
        self.trailers: list[tuple[str, str]] = []
        self._connection = connection
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._ended = False
        self._wake = asyncio.Event()

    def header(self, name: str) -> str | None:
        """The last value of a header, or None; names are compared without case."""
        wanted = name.lower()
        return next((value for key, value in reversed(self.headers) if key.lower() == wanted), None)

    def trailer(self, name: str) -> str | None:
        """A trailer's value; trailers are there once the body was read to its end."""
        wanted = name.lower()
        return next((value for key, value in self.trailers if key.lower() == wanted), None)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's pieces as they arrive. Raises ConnectionLostError if the client goes away before its end."""
        self._connection.allow_body()
        while True:
            while self._chunks:
                chunk = self._chunks.pop(0)
                self._buffered -= len(chunk)
                self._connection.set_reading(True)
                yield chunk
            if self._ended:
                return
            if self._connection.lost.is_set():
                raise ConnectionLostError("the client closed the connection before its request was complete")
            self._wake.clear()
            await self._wake.wait()

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises BodyTooLargeError as soon as more than `limit` bytes are announced or received."""
        announced = self.header("content-length")
        if announced is not None and announced.isdecimal() and int(announced) > limit:
            raise BodyTooLargeError
        received = bytearray()
        async for chunk in self.chunks():
            received += chunk
            if len(received) > limit:
                raise BodyTooLargeError
        return bytes(received)

    def feed(self, data: bytes) -> None:
        self._chunks.append(data)
        self._buffered += len(data)
        if self._buffered > _BODY_HIGH_WATER:
            self._connection.set_reading(False)
        self._wake.set()

    def feed_end(self, trailers: list[tuple[str, str]]) -> None:
        self.trailers = trailers
        self._ended = True
        self._wake.set()

    def wake(self) -> None:
        self._wake.set()


class Response:
    """The answer to one request: `send` for a whole one, or `start`, `write` and `end`; `abort` cuts the connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.started = False
        self.ended = False
        self.status: int | None = None
        self.body_bytes = 0
        self.first_content: float | None = None

    @property
    def disconnected(self) -> asyncio.Event:
        """Set once the client has closed the connection."""
        return self._connection.lost

    @contextlib.asynccontextmanager
    async def while_connected(self) -> AsyncIterator[None]:
        """Ends the waiting in its block with ConnectionLostError as soon as the client closes its connection."""
        waiting = asyncio.current_task()
        if waiting is None:
            raise RuntimeError("while_connected must be used in a task")
        lost = False

        def on_lost(watch: asyncio.Task[bool]) -> None:
            nonlocal lost
            if not watch.cancelled():
                lost = True
                waiting.cancel()

        watch = asyncio.create_task(self.disconnected.wait())
        watch.add_done_callback(on_lost)
        try:
            yield
        except asyncio.CancelledError:
            if lost and waiting.uncancel() == 0:
                raise ConnectionLostError("the client closed the connection") from None
            raise
        finally:
            watch.remove_done_callback(on_lost)
            watch.cancel()

    async def start(self, status: int, headers: Headers) -> None:
        """Sends the status line and headers.

        Without a Content-Length the body is chunked (HTTP/1.0: it ends with the connection).
        """
        self.started = True
        self.status = status
        encoded = [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in headers]
        self._connection.send(h11.Response(status_code=status, headers=encoded))

    async def write(self, data: bytes) -> None:
        """Sends one piece at once; waits while the client's socket is full. Raises ConnectionLostError."""
        if data:
            self.body_bytes += len(data)
            if self.first_content is None:
                self.first_content = time.time()
            self._connection.send(h11.Data(data=data))
            await self._connection.drain()

    async def end(self) -> None:
        self.ended = True
        self._connection.send(h11.EndOfMessage())

    async def send(self, status: int, headers: Headers, body: bytes) -> None:
        """Sends a whole response; Content-Length is added (except where the status forbids a body)."""
        without_body = status in (204, 304)
        length = [] if without_body else [("Content-Length", str(len(body)))]
        await self.start(status, [*headers, *length])
        if not without_body and self._connection.request_method != "HEAD":
            await self.write(body)
        await self.end()

    def abort(self) -> None:
        """Cuts the connection, so that the client cannot take what it has for a complete response."""
        self.ended = True
        self._connection.abort()
