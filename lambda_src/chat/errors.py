"""Every error that the API answers with: one table, and the exception that carries a row of it.

A client of OpenAI's SDK branches on the status, on `code`, and on two headers: `retry-after`, and `x-should-retry`,
which overrules its habit of retrying 408, 409, 429 and 5xx. No client is told to retry a generation that may have run.
"""

from __future__ import annotations

import traceback
from enum import Enum

_REQUEST = "invalid_request_error"
_RATE = "rate_limit_error"
_SERVER = "server_error"


class ErrorKind(Enum):
    """code, HTTP status, type, seconds for `retry-after` (None: no header), value of `x-should-retry` (None: no
    header)."""

    INVALID_JSON = ("invalid_json", 400, _REQUEST)
    INVALID_TYPE = ("invalid_type", 400, _REQUEST)
    INVALID_VALUE = ("invalid_value", 400, _REQUEST)
    MISSING_PARAMETER = ("missing_required_parameter", 400, _REQUEST)
    UNKNOWN_PARAMETER = ("unknown_parameter", 400, _REQUEST)
    UNSUPPORTED_PARAMETER = ("unsupported_parameter", 400, _REQUEST)
    CONTEXT_LENGTH_EXCEEDED = ("context_length_exceeded", 400, _REQUEST)
    MODEL_CANNOT_CHAT = ("model_cannot_chat", 400, _REQUEST)
    MODEL_NOT_FOUND = ("model_not_found", 404, _REQUEST)
    UNKNOWN_URL = ("unknown_url", 404, _REQUEST)
    METHOD_NOT_ALLOWED = ("method_not_allowed", 405, _REQUEST)
    REQUEST_TOO_LARGE = ("request_too_large", 413, _REQUEST)

    # Nothing was generated: sending the request again is safe.
    MODEL_OVERLOADED = ("model_overloaded", 429, _RATE, 1, True)
    RATE_LIMIT_EXCEEDED = ("rate_limit_exceeded", 429, _RATE, 1, True)
    MODEL_STARTING = ("model_starting", 503, _SERVER, 60, True)
    MODEL_NOT_READY = ("model_not_ready", 503, _SERVER, 10, True)
    UPSTREAM_UNAVAILABLE = ("upstream_unavailable", 503, _SERVER, 5, True)

    # Sending it again cannot help, or would run a generation twice.
    ENDPOINT_NOT_FOUND = ("endpoint_not_found", 503, _SERVER, None, False)
    UPSTREAM_ACCESS_DENIED = ("upstream_access_denied", 500, _SERVER, None, False)
    UPSTREAM_FAILED = ("upstream_failed", 502, _SERVER, None, False)
    GENERATION_FAILED = ("generation_failed", 502, _SERVER, None, False)
    UPSTREAM_TIMEOUT = ("upstream_timeout", 504, _SERVER, None, False)
    DEADLINE_EXCEEDED = ("deadline_exceeded", 504, _SERVER, None, False)
    INTERNAL_ERROR = ("internal_error", 500, _SERVER, None, False)

    def __init__(
        self, code: str, status: int, type_: str, retry_after: int | None = None, should_retry: bool | None = None
    ) -> None:
        self.code = code
        self.status = status
        self.type = type_
        self.retry_after = retry_after
        self.should_retry = should_retry


class ApiError(Exception):
    """An error that a client sees. `param` names the field of the request, as OpenAI writes it (`messages[0].content`).

    `detail` is for the log only. It is made of codes and names, never of text that a client or a model wrote.
    """

    def __init__(self, kind: ErrorKind, message: str, *, param: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.param = param
        self.detail = detail

    def body(self) -> dict[str, object]:
        """OpenAI's error object; all four keys are always there."""
        return {"error": {"message": self.message, "type": self.kind.type, "param": self.param, "code": self.kind.code}}

    def headers(self) -> dict[str, str]:
        """The headers that tell a client whether and when to try again."""
        headers: dict[str, str] = {}
        if self.kind.retry_after is not None:
            headers["retry-after"] = str(self.kind.retry_after)
        if self.kind.should_retry is not None:
            headers["x-should-retry"] = "true" if self.kind.should_retry else "false"
        return headers


def internal_error(error: Exception) -> ApiError:
    """The error for a bug of ours. The log gets its place, not the exception's text, which may quote a prompt."""
    frames = traceback.extract_tb(error.__traceback__)[-5:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    return ApiError(
        ErrorKind.INTERNAL_ERROR,
        "The API failed on this request. Give its operator the x-request-id.",
        detail=f"{type(error).__name__} at {where}",
    )
