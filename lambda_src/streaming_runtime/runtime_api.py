"""A client of Lambda's Runtime API."""

from __future__ import annotations

import contextlib
import http.client
import json
import platform
from dataclasses import dataclass

from streaming_runtime import faults
from streaming_runtime.context import Context
from streaming_runtime.response_stream import ResponseStream

_VERSION = "/2018-06-01/runtime"
USER_AGENT = f"falconry-streaming-runtime/1 Python/{platform.python_version()}"


class RuntimeApiError(OSError):
    """The Runtime API refused a call, for instance an answer to an invocation whose time is over."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event to answer. `trace_id` is for _X_AMZN_TRACE_ID."""

    event: bytes
    context: Context
    trace_id: str | None


class RuntimeApi:
    """The Runtime API at `host` ("127.0.0.1:9001", from AWS_LAMBDA_RUNTIME_API)."""

    def __init__(self, host: str) -> None:
        self._host = host

    def next(self) -> Invocation:
        """Wait for the next invocation, as long as it takes. Raises OSError if the Runtime API is gone."""
        headers, body = self._call("GET", "/invocation/next")
        return Invocation(body, Context.from_headers(headers), headers.get("Lambda-Runtime-Trace-Id"))

    def stream(self, request_id: str) -> ResponseStream:
        """A streamed response to an invocation."""
        return ResponseStream(self._host, request_id, USER_AGENT)

    def respond(self, request_id: str, result: object) -> None:
        """A response in one piece, as JSON."""
        self._call("POST", f"/invocation/{request_id}/response", json.dumps(result).encode(), "application/json")

    def fail(self, request_id: str, error: BaseException) -> None:
        """Report that the handler failed before anything was sent."""
        self._report(f"/invocation/{request_id}/error", error, request_id)

    def fail_init(self, error: BaseException) -> None:
        """Report that the function cannot be started."""
        self._report("/init/error", error)

    def wait_for_restore(self) -> None:
        """Report that a snapshot can be taken; returns in the restored copy (SnapStart)."""
        self._call("GET", "/restore/next")

    def fail_restore(self, error: BaseException) -> None:
        """Report that the restored copy cannot continue."""
        self._report("/restore/error", error)

    def _report(self, path: str, error: BaseException, request_id: str | None = None) -> None:
        body = json.dumps(faults.describe(error, request_id)).encode()
        self._call("POST", path, body, "application/vnd.aws.lambda.error+json", faults.error_type(error))

    def _call(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "", error_type: str = ""
    ) -> tuple[http.client.HTTPMessage, bytes]:
        named = {
            "Content-Type": content_type,
            "Lambda-Runtime-Function-Error-Type": error_type,
            "User-Agent": USER_AGENT,
        }
        headers = {name: value for name, value in named.items() if value}
        # A connection each: they are local, and one kept open may be dead after a pause or a restored snapshot.
        with contextlib.closing(http.client.HTTPConnection(self._host)) as connection:
            connection.request(method, _VERSION + path, body, headers)
            response = connection.getresponse()
            answer = response.read()
        if response.status >= 300:
            raise RuntimeApiError(f"{method} {_VERSION}{path}: the Runtime API answered {response.status}")
        return response.headers, answer
