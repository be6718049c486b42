"""A small Runtime API server, and the runtime started on it as Lambda would start it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h11

LAMBDA_SRC = Path(__file__).resolve().parents[2] / "lambda_src"
WAIT_SECONDS = 20.0


@dataclass
class Call:
    """One request of the runtime. `chunks` are the pieces of its body, each with the time of its arrival."""

    method: str
    path: str
    headers: dict[str, str]
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(data for _, data in self.chunks)

    def streamed(self) -> tuple[dict[str, Any], list[bytes]]:
        """Prelude and body of a streamed response."""
        prelude, _, first = self.chunks[0][1].partition(b"\0" * 8)
        rest = [data for _, data in self.chunks[1:]]
        return json.loads(prelude), [first, *rest] if first else rest


class RuntimeApiServer:
    """Hands out the events of `invoke`, and keeps what the runtime sends (`calls`) without `GET .../next`."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._invocations: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self.calls: queue.Queue[Call] = queue.Queue()
        self.restore = threading.Event()
        self.hang_up_after_chunks: int | None = None
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def invoke(self, request_id: str, event: object, remaining_ms: int = 60_000) -> None:
        self._remaining_ms = remaining_ms
        self._invocations.put((request_id, json.dumps(event).encode()))

    def call(self) -> Call:
        """The next finished call. Raises queue.Empty if none comes."""
        return self.calls.get(timeout=WAIT_SECONDS)

    def close(self) -> None:
        self._invocations.put(None)
        self.restore.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        protocol = h11.Connection(h11.SERVER)
        with connection, contextlib.suppress(OSError, h11.ProtocolError):
            call = self._read(connection, protocol)
            if call is None:
                return
            status, headers, body = self._answer(call)
            response = h11.Response(status_code=status, headers=[*headers.items(), ("Content-Length", str(len(body)))])
            sent = [protocol.send(event) for event in (response, h11.Data(data=body), h11.EndOfMessage())]
            connection.sendall(b"".join(data for data in sent if data))

    def _read(self, connection: socket.socket, protocol: h11.Connection) -> Call | None:
        call: Call | None = None
        while True:
            event = protocol.next_event()
            if event is h11.NEED_DATA:
                protocol.receive_data(connection.recv(65536))
            elif isinstance(event, h11.Request):
                headers = {name.decode().title(): value.decode() for name, value in event.headers}
                call = Call(event.method.decode(), event.target.decode(), headers)
            elif isinstance(event, h11.Data) and call is not None:
                self._take(call, event)
                if len(call.chunks) == self.hang_up_after_chunks:
                    self.calls.put(call)
                    return None
            elif isinstance(event, h11.EndOfMessage) and call is not None:
                call.trailers = {name.decode().title(): value.decode() for name, value in event.headers}
                call.complete = True
                return call
            elif isinstance(event, h11.ConnectionClosed):
                return None

    @staticmethod
    def _take(call: Call, event: h11.Data) -> None:
        if event.chunk_start or not call.chunks:
            call.chunks.append((time.monotonic(), b""))
        when, data = call.chunks[-1]
        call.chunks[-1] = (when, data + bytes(event.data))

    def _answer(self, call: Call) -> tuple[int, dict[str, str], bytes]:
        if call.path.endswith("/restore/next"):
            self.calls.put(call)
            self.restore.wait(WAIT_SECONDS)
            return 200, {}, b""
        if not call.path.endswith("/invocation/next"):
            self.calls.put(call)
            return 202, {}, b'{"status":"OK"}'
        invocation = self._invocations.get(timeout=60)
        if invocation is None:
            return 500, {}, b""
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation[0],
            "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + self._remaining_ms),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:front:live",
            "Lambda-Runtime-Trace-Id": f"Root=1-{invocation[0]}",
            "Content-Type": "application/json",
        }
        return 200, headers, invocation[1]


@contextlib.contextmanager
def runtime(
    folder: Path, source: str, handler: str = "function.handler", **environment: str
) -> Iterator[tuple[RuntimeApiServer, subprocess.Popen[str]]]:
    """The runtime with the function `source`, started through `bootstrap` with the command that Lambda hands it."""
    (folder / "function.py").write_text(source)
    (folder / "streaming_runtime").symlink_to(LAMBDA_SRC / "streaming_runtime")
    server = RuntimeApiServer()
    process = subprocess.Popen(
        [folder / "streaming_runtime" / "bootstrap", sys.executable, "-X", "utf8", "/var/runtime/bootstrap.py"],
        env={
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": server.address,
            "LAMBDA_TASK_ROOT": str(folder),
            "_HANDLER": handler,
            "AWS_LAMBDA_FUNCTION_NAME": "front",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            **environment,
        },
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield server, process
    finally:
        process.terminate()
        process.communicate()
        server.close()
