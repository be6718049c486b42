"""Exceptions as Lambda and the log report them."""

from __future__ import annotations

import json
import traceback


class Fault(Exception):  # noqa: N818 (Lambda's word for it)
    """A failure of the runtime itself, such as a handler that cannot be found. `type_` is Lambda's name for it."""

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(message)
        self.type = type_


def error_type(error: BaseException) -> str:
    return error.type if isinstance(error, Fault) else type(error).__name__


def describe(error: BaseException, request_id: str | None = None) -> dict[str, object]:
    """Lambda's error object: what a synchronous caller of the function sees."""
    described: dict[str, object] = {
        "errorMessage": str(error),
        "errorType": error_type(error),
        "stackTrace": [] if isinstance(error, Fault) else traceback.format_tb(error.__traceback__),
    }
    return described if request_id is None else {**described, "requestId": request_id}


def log(error: BaseException, request_id: str | None = None) -> None:
    """One line of JSON on standard output, which Lambda sends to the function's log group."""
    print(json.dumps({"level": "ERROR", "message": "unhandled", **describe(error, request_id)}), flush=True)
