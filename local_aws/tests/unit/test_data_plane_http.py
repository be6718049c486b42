"""The data plane's HTTP server and its event streams, byte by byte."""

import asyncio
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from local_aws.data_plane.http_messages import BodyTooLargeError, ConnectionLostError, Request, Response
from local_aws.data_plane.http_server import HttpServer
from local_aws.data_plane.sagemaker_runtime.event_stream import payload_part, stream_exception


def exchange(handler: Any, *parts: bytes, keep_open: float = 0.0) -> bytes:
    """What a client gets that sends these parts and reads until the server closes."""

    async def run() -> bytes:
        server = HttpServer(handler)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)
        try:
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            await server.stop()

    return asyncio.run(run())


async def echo(request: Request, response: Response) -> None:
    body = await request.read(100)
    trailer = request.trailer("x-end") or ""
    await response.send(
        200, [("X-Trailer", trailer)], request.method.encode() + b" " + request.target.encode() + b" " + body
    )


def test_pipelined_requests_are_answered_in_order() -> None:
    one = b"POST /a?b=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
    two = b"GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = exchange(echo, one + two)
    assert received.count(b"HTTP/1.1 200") == 2
    assert received.index(b"POST /a?b=1 hi") < received.index(b"GET /c ")


def test_trailers_of_a_chunked_request() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    received = exchange(echo, head, b"2\r\nhi\r\n", b"0\r\nX-End: broken\r\n\r\n")
    assert b"X-Trailer: broken" in received
    assert received.endswith(b"POST / hi")


def test_an_early_answer_is_delivered_although_the_client_goes_on_sending() -> None:
    async def refuse(request: Request, response: Response) -> None:
        with pytest.raises(BodyTooLargeError):
            await request.read(10)
        await response.send(413, [("Connection", "close")], b"too much")

    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
    received = exchange(refuse, head, *([b"x" * 10_000] * 5))
    assert received.startswith(b"HTTP/1.1 413")
    assert received.endswith(b"too much")


def test_a_handler_that_fails_answers_500_or_cuts_the_connection() -> None:
    async def fail_at_once(request: Request, response: Response) -> None:
        raise ValueError("before")

    async def fail_in_the_middle(request: Request, response: Response) -> None:
        await response.start(200, [])
        await response.write(b"half")
        raise ValueError("after")

    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert exchange(fail_at_once, request).startswith(b"HTTP/1.1 500")
    cut = exchange(fail_in_the_middle, request)
    assert b"half" in cut
    assert not cut.endswith(b"0\r\n\r\n")


def test_what_is_not_http_is_refused() -> None:
    assert exchange(echo, b"hello\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_waiting_ends_when_the_client_goes_away() -> None:
    async def run() -> str:
        outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def wait(request: Request, response: Response) -> None:
            try:
                async with asyncio.timeout(5), response.while_connected():
                    await asyncio.sleep(10)
            except ConnectionLostError:
                outcome.set_result("lost")
                raise

        server = HttpServer(wait)
        await server.start()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.close()
        try:
            return await asyncio.wait_for(outcome, 2)
        finally:
            await server.stop()

    assert asyncio.run(run()) == "lost"


def test_event_stream_messages_are_what_botocore_reads() -> None:
    buffer = EventStreamBuffer()
    fields = {"Message": "out of time", "ErrorCode": "ModelInvocationTimeExceeded"}
    buffer.add_data(payload_part("é".encode()) + stream_exception("ModelStreamError", fields))
    part, error = [message.to_response_dict() for message in buffer]
    assert (part["status_code"], part["headers"][":event-type"], part["body"]) == (200, "PayloadPart", "é".encode())
    assert (error["status_code"], error["headers"][":exception-type"]) == (400, "ModelStreamError")
    assert b'"ErrorCode": "ModelInvocationTimeExceeded"' in error["body"]
