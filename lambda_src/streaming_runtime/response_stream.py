"""One streamed response to the Runtime API, written by hand: http.client can send chunks, but no trailers."""

from __future__ import annotations

import base64
import http.client
import json
import select
import socket
from collections.abc import Iterable, Mapping

from streaming_runtime import faults

DELIMITER = b"\0" * 8
"""Separates the prelude (status and headers as JSON) from the body (API Gateway developer guide,
response-transfer-mode)."""

_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"
_REQUEST = (
    "POST /2018-06-01/runtime/invocation/{request_id}/response HTTP/1.1\r\n"
    "Host: {host}\r\n"
    "User-Agent: {user_agent}\r\n"
    "Content-Type: application/vnd.awslambda.http-integration-response\r\n"
    "Lambda-Runtime-Function-Response-Mode: streaming\r\n"
    "Transfer-Encoding: chunked\r\n"
    "Trailer: " + _ERROR_TYPE + ", " + _ERROR_BODY + "\r\n"
    "\r\n"
)


class ListenerGoneError(Exception):
    """Lambda accepts no more of this response: the client disconnected, or the invocation is over."""


class ResponseStream:
    """The response to the invocation `request_id`. Every `write` is one chunk and is sent at once."""

    def __init__(self, host: str, request_id: str, user_agent: str) -> None:
        name, _, port = host.partition(":")
        self._socket = socket.create_connection((name, int(port or 80)))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = _REQUEST.format(request_id=request_id, host=host, user_agent=user_agent)
        self._head: bytes = head.encode("ascii")

    def begin(self, prelude: Mapping[str, object]) -> None:
        """Send status and headers. (JSON escapes NUL characters, so that the delimiter cannot occur in it.)"""
        self._send(self._head + _chunk(json.dumps(prelude).encode() + DELIMITER))

    def write(self, data: bytes) -> None:
        """Send one chunk; empty data is skipped, since it would end the body. Raises ListenerGoneError."""
        if data:
            self._send(_chunk(data))

    def end(self, error: BaseException | None = None) -> None:
        """End the body, with `error` in the trailers if it was cut off, and wait for the Runtime API's answer."""
        trailers = b""
        if error is not None:
            body = base64.b64encode(json.dumps(faults.describe(error)).encode()).decode("ascii")
            trailers = f"{_ERROR_TYPE}: {faults.error_type(error)}\r\n{_ERROR_BODY}: {body}\r\n".encode("ascii")
        self._send(b"0\r\n" + trailers + b"\r\n")
        try:
            answer = http.client.HTTPResponse(self._socket, method="POST")
            answer.begin()
            answer.read()
        except (OSError, http.client.HTTPException) as error_on_answer:
            raise ListenerGoneError(str(error_on_answer)) from error_on_answer
        if answer.status >= 300:
            raise ListenerGoneError(f"the Runtime API answered {answer.status}")

    def close(self) -> None:
        self._socket.close()

    def _send(self, data: bytes) -> None:
        # Nothing arrives before the body's end unless the peer closed or refused, which would otherwise go unnoticed.
        readable, _, _ = select.select([self._socket], [], [], 0)
        if readable:
            raise ListenerGoneError("the Runtime API closed or refused the response")
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ListenerGoneError(str(error)) from error


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def is_streamed(result: object) -> bool:
    """Whether a handler's result is a proxy response, which is sent as a stream; anything else is plain JSON."""
    return isinstance(result, dict) and "statusCode" in result


def prelude(result: Mapping[str, object]) -> dict[str, object]:
    """Status and headers of a proxy response."""
    fields = ("statusCode", "headers", "multiValueHeaders", "cookies")
    return {name: result[name] for name in fields if result.get(name) is not None}


def body_chunks(result: Mapping[str, object]) -> Iterable[bytes]:
    """The body of a proxy response: an iterable of bytes, or text in one piece."""
    body = result.get("body")
    if body is None:
        return ()
    if isinstance(body, str):
        return (base64.b64decode(body) if result.get("isBase64Encoded") else body.encode(),)
    if isinstance(body, bytes):
        return (body,)
    if isinstance(body, Iterable):
        return body
    raise faults.Fault(
        "Runtime.MarshalError", f"the body must be text, bytes or an iterable of bytes, not {type(body)}"
    )
