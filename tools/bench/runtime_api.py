"""A stand-in for Lambda's Runtime API: hands events, one by one, to a function and records when each answer arrives.

It blocks and has no thread, so that between the event's last byte and the answer's first nothing of it runs.
"""

from __future__ import annotations

import json
import re
import select
import socket
import time
import uuid

from tools.bench.arrivals import Arrivals

_VERSION = b"/2018-06-01/runtime"
_ACCEPTED = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"status":"OK"}\n'
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:front"
WAIT_SECONDS = 60.0


class FunctionFailedError(Exception):
    """The function could not be started, failed, or is gone."""


class StandInRuntimeApi:
    """Listens at `address` ("127.0.0.1:9001", for AWS_LAMBDA_RUNTIME_API)."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._waiting: socket.socket | None = None
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def wait_until_asked(self) -> float:
        """Wait until the function asks for an event; gives the time (seconds of `time.perf_counter`).

        Raises FunctionFailedError."""
        connection, head = self._next_request()
        asked = time.perf_counter()
        if not head.startswith(b"GET " + _VERSION + b"/invocation/next "):
            raise FunctionFailedError(_whole(connection, head).decode("utf-8", "replace"))
        self._waiting = connection
        return asked

    def invoke(self, event: object, timeout_seconds: int = 900) -> Arrivals:
        """Hand the event to the function that asked for one; gives its streamed answer. When this returns, the
        function has asked for the next event. Raises FunctionFailedError."""
        if self._waiting is None:
            raise FunctionFailedError("the function has not asked for an event")
        body = json.dumps(event).encode()
        deadline_ms = int((time.time() + timeout_seconds) * 1000)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            f"Lambda-Runtime-Aws-Request-Id: {uuid.uuid4()}\r\nLambda-Runtime-Deadline-Ms: {deadline_ms}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {_ARN}\r\n"
            f"Lambda-Runtime-Trace-Id: Root=1-{uuid.uuid4().hex}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        arrivals = Arrivals(time.perf_counter())
        self._waiting.sendall(head + body)
        connection, begin = self._next_request()
        if not begin.startswith(b"POST") or not begin.partition(b" HTTP/")[0].endswith(b"/response"):
            raise FunctionFailedError(_whole(connection, begin).decode("utf-8", "replace"))
        arrivals.read(connection, begin)
        connection.sendall(_ACCEPTED)
        self.wait_until_asked()
        return arrivals

    def close(self) -> None:
        for connection in [self._listener, *self._open]:
            connection.close()
        self._open.clear()

    def _next_request(self) -> tuple[socket.socket, bytes]:
        """The next request's first bytes, up to its headers' end at least, on a new connection or on an open one."""
        received: dict[socket.socket, bytes] = {}
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._listener, *self._open], [], [], 1.0)
            for connection in ready:
                if connection is self._listener:
                    self._open.append(self._accept())
                    continue
                data = connection.recv(65536)
                if not data:
                    self._open.remove(connection)
                    connection.close()
                    continue
                received[connection] = received.get(connection, b"") + data
                if b"\r\n\r\n" in received[connection]:
                    return connection, received[connection]
        raise FunctionFailedError(f"the function did not call the Runtime API within {WAIT_SECONDS:g} s")

    def _accept(self) -> socket.socket:
        connection, _ = self._listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(WAIT_SECONDS)
        return connection


def _whole(connection: socket.socket, begin: bytes) -> bytes:
    """A request that says how long it is, of which `begin` came with the headers."""
    head, _, body = begin.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0 and (data := connection.recv(missing)):
        begin += data
        missing -= len(data)
    return begin
