"""The deployed API over HTTP: whole answers, streamed ones, and errors as they are."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3

from falconry.caller import Caller
from falconry.errors import CommandError

USER_AGENT = "falconry"
CONNECT_TIMEOUT = 10.0


@dataclass(frozen=True)
class ApiResponse:
    """One response. `body` is None if it is not JSON; `seconds` counts from the request to the last byte."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    @property
    def request_id(self) -> str:
        """The id under which the logs have the request."""
        return self.headers.get("x-request-id") or self.headers.get("x-amzn-requestid") or ""


class RequestFailedError(CommandError):
    """The API refused or failed. The text holds status, code, parameter, message and request id."""

    def __init__(self, status: int, body: Any, text: str, request_id: str, retry_after: str | None = None) -> None:
        error = body.get("error") if isinstance(body, dict) else None
        error = error if isinstance(error, dict) else {}
        self.status = status
        self.code = str(error.get("code") or "")
        parts = [f"{status} {self.code}".strip(), str(error.get("message") or text.strip() or "no message")]
        details = [f"parameter {error['param']}"] if error.get("param") else []
        details += [f"retry after {retry_after} s"] if retry_after else []
        details += [f"request id {request_id}"] if request_id else []
        super().__init__(": ".join(parts) + (f" ({', '.join(details)})" if details else ""))


class DeployedApi:
    """Sends requests on behalf of a caller. `timeout`: seconds to wait for the next byte."""

    def __init__(self, caller: Caller, timeout: float = 120.0) -> None:
        self._caller = caller
        self._timeout = timeout
        # One attempt: a generation that may have run is not run again.
        self._pool = urllib3.PoolManager(retries=False)

    def get(self, path: str, *, timeout: float | None = None) -> ApiResponse:
        """GET below /v1."""
        return self._whole("GET", f"{self._caller.base_url}{path}", b"", timeout or self._timeout, let_in=True)

    def post(
        self, path: str, body: object, *, native: bool = False, let_in: bool = True, timeout: float | None = None
    ) -> ApiResponse:
        """POST of JSON below /v1, or below the root for `native`. With `let_in=False`, without credentials."""
        url = f"{self._caller.root_url if native else self._caller.base_url}{path}"
        return self._whole("POST", url, json.dumps(body).encode(), timeout or self._timeout, let_in=let_in)

    @contextmanager
    def stream(self, path: str, body: object, *, timeout: float | None = None) -> Iterator[Stream]:
        """A streamed POST below /v1; leaving the context closes the connection.

        Raises:
            RequestFailedError: the API answered with an error instead.
        """
        url = f"{self._caller.base_url}{path}"
        started = time.monotonic()
        response = self._send("POST", url, json.dumps(body).encode(), timeout or self._timeout, let_in=True)
        try:
            headers = {name.lower(): value for name, value in response.headers.items()}
            answer = ApiResponse(response.status, headers, "", 0.0)
            if response.status != 200:
                text = response.read().decode("utf-8", "replace")
                raise refusal(ApiResponse(response.status, headers, text, time.monotonic() - started))
            yield Stream(response, answer, started)
        finally:
            response.close()

    def _whole(self, method: str, url: str, body: bytes, timeout: float, *, let_in: bool) -> ApiResponse:
        started = time.monotonic()
        response = self._send(method, url, body, timeout, let_in=let_in)
        try:
            text = response.read().decode("utf-8", "replace")
        except urllib3.exceptions.HTTPError as error:
            raise CommandError(f"{url}: the answer was cut off: {error}") from None
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return ApiResponse(response.status, headers, text, time.monotonic() - started)

    def _send(self, method: str, url: str, body: bytes, timeout: float, *, let_in: bool) -> urllib3.BaseHTTPResponse:
        headers = {"content-type": "application/json", "user-agent": USER_AGENT, **self._caller.headers}
        if let_in:
            headers |= self._caller.authorize(method, url, body)
        try:
            return self._pool.request(
                method,
                url,
                body=body or None,
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=timeout),
                preload_content=False,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise CommandError(f"{url} cannot be reached: {error}") from None


class Stream:
    """Server-sent events, as they come.

    Attributes:
        answer: status and headers.
        first: seconds from the request to the first text, None before it came.
    """

    def __init__(self, response: urllib3.BaseHTTPResponse, answer: ApiResponse, started: float) -> None:
        self._response = response
        self._started = started
        self.answer = answer
        self.first: float | None = None

    @property
    def seconds(self) -> float:
        """Since the request was sent."""
        return time.monotonic() - self._started

    def lines(self) -> Iterator[str]:
        """Non-empty lines, whole, as they arrive."""
        pending = b""
        try:
            while piece := self._response.read1():
                *lines, pending = (pending + piece).split(b"\n")
                yield from (line.decode("utf-8", "replace").rstrip("\r") for line in lines if line.strip())
        except urllib3.exceptions.HTTPError as error:
            raise CommandError(f"the answer was cut off: {error} (request id {self.answer.request_id})") from None

    def chunks(self) -> Iterator[Any]:
        """The JSON of each event until [DONE].

        Raises:
            RequestFailedError: an error event.
            CommandError: the stream ended without [DONE].
        """
        for line in self.lines():
            if not line.startswith("data:"):
                continue
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            chunk = json.loads(data)
            if isinstance(chunk, dict) and chunk.get("error"):
                raise RequestFailedError(self.answer.status, chunk, data, self.answer.request_id)
            if self.first is None and text_of(chunk):
                self.first = self.seconds
            yield chunk
        raise CommandError(f"the answer ended without [DONE] (request id {self.answer.request_id})")


def text_of(chunk: Any) -> str:
    """The text in a chunk of a chat or text completion."""
    choices = chunk.get("choices") or [{}]
    delta = choices[0].get("delta")
    return str((delta.get("content") if isinstance(delta, dict) else choices[0].get("text")) or "")


def refusal(answer: ApiResponse) -> RequestFailedError:
    """An answer with an error status, as an exception."""
    return RequestFailedError(
        answer.status, answer.body, answer.text, answer.request_id, answer.headers.get("retry-after")
    )
