"""SageMaker's runtime as a server that fails on demand, in the service's own words and encoding."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.event_stream_support import exception, part

ACCOUNT = "123456789012"
SECRETS = (ACCOUNT, "console.aws", "arn:aws", "container primary", "secret")
"""What is in SageMaker's messages and must not be in a client's."""

_CONSOLE = (
    f"See https://us-east-1.console.aws.amazon.com/cloudwatch/home#logEventViewer:group=/aws/sagemaker/Endpoints/e "
    f"in account {ACCOUNT} for more information."
)
_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.amazon.eventstream\r\n"
    b"X-Amzn-SageMaker-Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)
_HOLD_SECONDS = 30.0

Send = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error in place of a stream."""

    status: int
    name: str
    members: dict[str, str | int] = field(default_factory=dict)

    def bytes(self) -> bytes:
        body = json.dumps(self.members).encode()
        head = (
            f"HTTP/1.1 {self.status} X\r\nContent-Type: application/json\r\nx-amzn-ErrorType: {self.name}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + body


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of the container's bytes. Then it ends as `end` says: well, with an exception, cut, or never.

    With `gap`, the last of `parts` is sent again and again, every so many seconds.
    """

    parts: tuple[bytes, ...]
    end: bytes | None = b""
    stalls: bool = False
    gap: float | None = None


Script = Refusal | Stream

CUT = None
"""The end of a stream whose connection breaks."""


def service_error(status: int, name: str, message: str) -> Refusal:
    """An error of SageMaker's own."""
    return Refusal(status, name, {"Message": f"{message} (secret, account {ACCOUNT})"})


def model_error(status: int, answer: str) -> Refusal:
    """What SageMaker makes of a container's error; status 0: the container did not answer in time."""
    members: dict[str, str | int] = {
        "ErrorCode": "SERVER_ERROR_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/e",
        "Message": f'Received server error ({status}) from primary with message "{answer}". {_CONSOLE}',
        "OriginalMessage": answer,
        "OriginalStatusCode": status,
    }
    return Refusal(424, "ModelError", members)


def stream_error(name: str, message: str, **fields: str) -> bytes:
    """An exception that ends a stream."""
    return exception(name, Message=f"{message} (secret, account {ACCOUNT})", **fields)


class StandIn:
    """The server. `calls` counts what reached it since `answer_with`; `caller_left` is set when a caller closes
    before the end."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._scripts: list[Script] = []
        self._ending = threading.Event()
        self.calls = 0
        self.caller_left = threading.Event()
        self._accept_in_background()

    def answer_with(self, *scripts: Script) -> None:
        """Answer the calls to come with these, the last one for all that are left."""
        self._scripts = list(scripts)
        self.calls = 0
        self.caller_left.clear()

    @contextlib.contextmanager
    def unreachable(self) -> Iterator[None]:
        """Nothing listens for a while."""
        self._stop_listening()
        try:
            yield
        finally:
            self._listener = socket.create_server(("127.0.0.1", self._port))
            self._accept_in_background()

    def close(self) -> None:
        self._ending.set()
        self._stop_listening()

    def _stop_listening(self) -> None:
        # Without the shutdown a thread that waits in accept() would keep the port open.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept_in_background(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            if not _read_request(connection):
                return
            self.calls += 1
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            if isinstance(script, Refusal):
                connection.sendall(script.bytes())
            else:
                self._stream(connection, script)

    def _stream(self, connection: socket.socket, script: Stream) -> None:
        connection.sendall(_HEAD)
        for item in script.parts:
            connection.sendall(_chunk(part(item)))
        while script.gap is not None:
            if self._left(connection, script.gap):
                return
            connection.sendall(_chunk(part(script.parts[-1])))
        if script.stalls:
            self._left(connection, _HOLD_SECONDS)
        elif script.end is not CUT:
            connection.sendall((_chunk(script.end) if script.end else b"") + b"0\r\n\r\n")

    def _left(self, connection: socket.socket, seconds: float) -> bool:
        """Wait so long; True as soon as the caller has closed."""
        connection.settimeout(seconds)
        try:
            gone = not connection.recv(1)
        except TimeoutError:
            return self._ending.is_set()
        except OSError:
            gone = True
        self.caller_left.set()
        return gone


def _read_request(connection: socket.socket) -> bool:
    request = b""
    while b"\r\n\r\n" not in request:
        received = connection.recv(65536)
        if not received:
            return False
        request += received
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return True


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def parts(items: Sequence[object]) -> tuple[bytes, ...]:
    """The bytes among `items`, which are all of them; for the lists that tests of the front share."""
    return tuple(item for item in items if isinstance(item, bytes))
