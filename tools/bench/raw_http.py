"""The smallest HTTP/1.1 server that clients of a model server accept, so that its cost does not distort the figures."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

LAST_CHUNK = b"0\r\n\r\n"


def head(status: str, headers: dict[str, str]) -> bytes:
    """Status line ("200 OK") and headers."""
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def whole(status: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A response in one piece."""
    return head(status, {"Content-Type": content_type, "Content-Length": str(len(body))}) + body


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


class Exchange:
    """One request, and the writer of its answer. Every `write` is sent at once (asyncio sets TCP_NODELAY)."""

    def __init__(self, transport: asyncio.Transport, method: str, path: str, body: bytes) -> None:
        self._transport = transport
        self.method = method
        self.path = path
        self.body = body

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def close(self) -> None:
        """Hang up after what was written."""
        self._transport.close()

    @property
    def abandoned(self) -> bool:
        """Whether the client has gone."""
        return self._transport.is_closing()

    async def write_paced(self, pieces: Sequence[bytes], gap_seconds: float) -> None:
        """Write each piece `gap_seconds` after the one before, the first one too; all of them at once for 0. A late
        piece does not delay the next: the pace is kept from the beginning on."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        for number, piece in enumerate(pieces, start=1):
            if gap_seconds:
                await asyncio.sleep(started + number * gap_seconds - loop.time())
            if self.abandoned:
                return
            self.write(piece)


Answer = Callable[[Exchange], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client's connection, kept open; its requests have a Content-Length or no body."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or self._transport is None:
            return
        lines = bytes(self._received[:end]).decode("latin-1").split("\r\n")
        names = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        until = end + 4 + int(names.get("content-length", "0"))
        if len(self._received) < until:
            return
        method, path, _ = lines[0].split(" ", 2)
        exchange = Exchange(self._transport, method, path, bytes(self._received[end + 4 : until]))
        del self._received[:until]
        self._task = asyncio.get_running_loop().create_task(self._run(exchange))

    async def _run(self, exchange: Exchange) -> None:
        try:
            await self._answer(exchange)
        except Exception as error:
            exchange.write(whole("500 Internal Server Error", repr(error).encode(), "text/plain"))
            raise


async def serve(answer: Answer, port: int = 0) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; the port is printed as the first line."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    server = await loop.create_server(lambda: Connection(answer), "127.0.0.1", port, backlog=1024)
    with contextlib.closing(server):
        print(server.sockets[0].getsockname()[1], flush=True)
        await stopping.wait()
