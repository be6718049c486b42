"""A small HTTP/1.1 server on asyncio and h11, shared by every port of the data plane.

It gives what the emulation needs and an ASGI server hides: request trailers (Lambda's Runtime API reports an error in
the middle of a stream with them), header names as they were sent, a cut connection as a result of its own (`abort`),
and each chunk written as soon as it is there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

import h11

from local_aws.data_plane.http_messages import ConnectionLostError, Request, Response

logger = logging.getLogger(__name__)

# A response may be sent before the whole request was read (413). Closing at once would reset the connection and could
# destroy the answer, so the rest is read and thrown away for this long.
_LINGER_SECONDS = 2.0

Handler = Callable[[Request, Response], Awaitable[None]]


class HttpConnection(asyncio.Protocol):
    """One client connection: turns bytes into requests and runs the handler for each."""

    def __init__(self, handler: Handler, connections: "set[HttpConnection]", max_header_bytes: int) -> None:
        self._handler = handler
        self._connections = connections
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=max_header_bytes)
        self._transport: asyncio.Transport | None = None
        self._request: Request | None = None
        self._task: asyncio.Task[None] | None = None
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._reading = True
        self._lingering = False
        self.lost = asyncio.Event()
        self.request_method = ""

    # -- what asyncio calls ------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        if not self._lingering:
            self._protocol.receive_data(data)
            self._take_events()

    def eof_received(self) -> bool:
        self._client_gone()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._client_gone()

    def pause_writing(self) -> None:
        self._can_write.clear()

    def resume_writing(self) -> None:
        self._can_write.set()

    def _client_gone(self) -> None:
        self.lost.set()
        self._can_write.set()
        if self._request is not None:
            self._request.wake()

    # -- requests ----------------------------------------------------------------------------------
    def _take_events(self) -> None:
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                self._refuse(error)
                return
            if isinstance(event, h11.Request):
                self._begin(event)
            elif isinstance(event, h11.Data) and self._request is not None:
                self._request.feed(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and self._request is not None:
                trailers = [
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()
                ]
                self._request.feed_end(trailers)
            else:  # NEED_DATA, PAUSED (a pipelined request waits for the answer to this one) or ConnectionClosed
                return

    def _begin(self, event: h11.Request) -> None:
        peer = self._transport.get_extra_info("peername") if self._transport is not None else None
        self.request_method = event.method.decode("ascii")
        self._request = Request(self, event, peer[0] if peer else "127.0.0.1")
        self._task = asyncio.get_running_loop().create_task(self._serve(self._request))

    def _refuse(self, error: h11.RemoteProtocolError) -> None:
        if self._protocol.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            status = error.error_status_hint or 400
            self.send(h11.Response(status_code=status, headers=[("Content-Length", "0"), ("Connection", "close")]))
            self.send(h11.EndOfMessage())
        if self._transport is not None:
            self._transport.close()

    async def _serve(self, request: Request) -> None:
        response = Response(self)
        try:
            await self._handler(request, response)
        except ConnectionLostError:
            pass
        except Exception:
            logger.exception("%s %s failed", request.method, request.path)
            if not response.started and not self.lost.is_set():
                await response.send(500, [("Content-Type", "application/json")], b'{"message":"Internal server error"}')
        if not response.ended:
            self.abort()
        self._finish()

    def _finish(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE:
            self._request = None
            self.set_reading(True)
            self._protocol.start_next_cycle()
            self._take_events()
        elif self._protocol.their_state is h11.SEND_BODY:
            self._lingering = True
            self.set_reading(True)
            if self._transport.can_write_eof():
                self._transport.write_eof()
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.close)
        else:
            self._transport.close()

    # -- for Request and Response ------------------------------------------------------------------
    def allow_body(self) -> None:
        """Tells a client that sent `Expect: 100-continue` to go on."""
        if self._protocol.they_are_waiting_for_100_continue:
            self.send(h11.InformationalResponse(status_code=100, headers=[]))

    def set_reading(self, wanted: bool) -> None:
        if self._transport is None or self._transport.is_closing() or wanted == self._reading:
            return
        self._reading = wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def send(self, event: h11.Event) -> None:
        data = self._protocol.send(event)
        if self._transport is None or self._transport.is_closing() or self.lost.is_set():
            raise ConnectionLostError("the client closed the connection")
        if data:
            self._transport.write(data)

    async def drain(self) -> None:
        await self._can_write.wait()
        if self.lost.is_set():
            raise ConnectionLostError("the client closed the connection")

    def abort(self) -> None:
        """Closes without the message's end.

        What was written is still delivered; the missing end tells the client that the message was cut.
        """
        if self._transport is not None:
            self._transport.close()

    async def cancel(self) -> None:
        """Ends the connection and its handler (used when the server stops)."""
        if self._transport is not None:
            self._transport.abort()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
            await asyncio.wait([self._task])


class HttpServer:
    """Listens on 127.0.0.1. Port 0 takes a free one; `port` says which."""

    def __init__(self, handler: Handler, max_header_bytes: int = 64 * 1024) -> None:
        self._handler = handler
        self._max_header_bytes = max_header_bytes
        self._connections: set[HttpConnection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int = 0) -> None:
        """Raises OSError if the port is in use."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HttpConnection(self._handler, self._connections, self._max_header_bytes), "127.0.0.1", port
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stops listening and cuts the connections that are open."""
        if self._server is not None:
            self._server.close()
        await asyncio.gather(*(connection.cancel() for connection in list(self._connections)))
