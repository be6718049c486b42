"""Streamed responses through the data plane: the prelude, chunks in time, and streams that break."""

import socket
import statistics
import time
from collections.abc import Iterator

import httpx2
import pytest
from local_aws.data_plane.settings import Limits
from local_aws_testing.data_plane import RunningDataPlane, data_plane, shared_aws, wait_until
from local_aws_testing.timing import quickest

WRAPPED = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    aws = shared_aws()
    api = aws.create_api("streams")
    streaming = aws.create_function("streams-loop", "streaming_loop.handler", Environment=WRAPPED)
    buffered = aws.create_function("streams-buffered", "buffered.handler")
    api.method("GET /stream/{action}", streaming, streaming=True, timeout=900_000)
    api.method("GET /short/{action}", streaming, streaming=True, timeout=1000)
    api.method("GET /mismatch/buffered/{action}", streaming)
    api.method("GET /mismatch/streaming/{action}", buffered, streaming=True)
    api.deploy()
    limits = Limits(stream_idle_seconds=1.5)
    with data_plane(aws, tmp_path_factory.mktemp("streams"), limits, api_name="streams") as running:
        yield running.wait_ready()


def test_chunks_arrive_when_they_are_written(plane: RunningDataPlane) -> None:
    def lateness() -> float:
        with httpx2.stream("GET", f"{plane.url}/stream/count", timeout=10) as answer:
            started = time.monotonic()
            arrivals = [(chunk, time.monotonic() - started) for chunk in answer.iter_raw()]
            assert answer.status_code == 201
            assert answer.headers["content-type"] == "text/event-stream"
            assert answer.headers["x-own"] == "yes"
            assert answer.headers["set-cookie"] == "a=1"
            assert answer.headers["x-amzn-requestid"]
        assert [chunk for chunk, _ in arrivals] == [b"data: %d\n\n" % number for number in range(5)]
        # Half of them at least are in time, whatever else the machine does.
        return statistics.median(abs(at - 0.1 * (number + 1)) for number, (_, at) in enumerate(arrivals))

    assert quickest(lateness, 0.08) < 0.08


def test_a_delimiter_that_is_spread_over_chunks(plane: RunningDataPlane) -> None:
    answer = httpx2.get(f"{plane.url}/stream/split")
    assert (answer.status_code, answer.content) == (201, b"after")


@pytest.mark.parametrize("action", ["no-delimiter", "late-delimiter", "not-json"])
def test_a_response_without_valid_metadata_is_an_internal_error(plane: RunningDataPlane, action: str) -> None:
    answer = httpx2.get(f"{plane.url}/stream/{action}")
    assert answer.status_code == 500
    assert answer.json() == {"message": "Internal server error"}


def test_a_response_without_a_body(plane: RunningDataPlane) -> None:
    answer = httpx2.get(f"{plane.url}/stream/empty")
    assert (answer.status_code, answer.content) == (204, b"")


def test_function_and_integration_must_agree_on_streaming(plane: RunningDataPlane) -> None:
    assert httpx2.get(f"{plane.url}/mismatch/buffered/count").status_code == 502
    assert httpx2.get(f"{plane.url}/mismatch/streaming/count").status_code == 500


@pytest.mark.parametrize(("action", "received"), [("error", b"one"), ("crash", b"onetwo"), ("pause", b"one")])
def test_a_stream_that_breaks_is_cut_and_not_ended(plane: RunningDataPlane, action: str, received: bytes) -> None:
    cut, body = False, b""
    with httpx2.stream("GET", f"{plane.url}/stream/{action}", timeout=10) as answer:
        assert answer.status_code == 201
        try:
            for chunk in answer.iter_raw():
                body += chunk
        except httpx2.RemoteProtocolError:
            cut = True
    assert (cut, body) == (True, received)


def test_after_a_crash_the_next_call_has_a_new_environment(plane: RunningDataPlane) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        httpx2.get(f"{plane.url}/stream/crash")
    assert httpx2.get(f"{plane.url}/stream/count").status_code == 201


def test_the_integrations_timeout_before_and_within_the_stream(plane: RunningDataPlane) -> None:
    answer = httpx2.get(f"{plane.url}/short/slow-start")
    assert (answer.status_code, answer.json()["message"]) == (504, "Endpoint request timed out")

    def within() -> float:
        started = time.monotonic()
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(f"{plane.url}/short/endless")
        return time.monotonic() - started

    assert 0.9 < quickest(within, 1.5) < 1.5


def test_a_client_that_goes_away_leaves_the_function_running_to_its_end(plane: RunningDataPlane) -> None:
    def busy() -> int:
        return sum(environment["busy"] for environment in plane.health()["functions"]["streams-loop"]["environments"])

    wait_until(lambda: busy() == 0, what="the end of earlier invocations")
    with socket.create_connection(("127.0.0.1", plane.plane.api_port), timeout=5) as client:
        client.sendall(b"GET /stream/count HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"201" in client.recv(1000)
    assert busy() == 1
    wait_until(lambda: busy() == 0, 2, "the end of the abandoned invocation")


def test_an_http_1_0_client_gets_the_body_up_to_the_connections_end(plane: RunningDataPlane) -> None:
    with socket.create_connection(("127.0.0.1", plane.plane.api_port), timeout=5) as client:
        client.sendall(b"GET /stream/count HTTP/1.0\r\nHost: x\r\n\r\n")
        received = b"".join(iter(lambda: client.recv(4096), b""))
    assert b"transfer-encoding" not in received.lower()
    assert received.endswith(b"data: 4\n\n")


def test_the_first_byte_is_not_held_up(plane: RunningDataPlane) -> None:
    """The whole way (API Gateway, Lambda, the function and back) takes a few milliseconds."""

    def median() -> float:
        times = []
        with httpx2.Client(base_url=plane.url) as client:
            for _ in range(10):
                started = time.perf_counter()
                client.get("/stream/empty")
                times.append(time.perf_counter() - started)
        return sorted(times)[len(times) // 2]

    assert quickest(median, 0.05) < 0.05
