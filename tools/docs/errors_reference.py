"""`python -m tools.docs.errors_reference`: the page docs/errors.md, made from the rows of falconry/error_codes.py.

With `--check` it writes nothing and fails where the page is not what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from falconry.error_codes import FRONT_ERRORS, GATEWAY_ERRORS, ErrorCode
from tools.docs.generated import write_or_check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"

_INTRODUCTION = """\
# Errors

Every error is OpenAI's error object, `{"error": {"message", "type", "param", "code"}}`, with an `x-request-id` header.
The gateway function (the Lambda function behind the API) logs the same id with the cause. SageMaker's own messages,
which name the account, appear in neither. Branch on `code`; messages may change.

"Retried" says whether OpenAI's clients resend the request by themselves, two times by default. They do so only where
nothing was generated: the header `x-should-retry` keeps them from running a generation twice.

This page is made by `make reference` from `falconry/error_codes.py`. Tests cause each error of the gateway function,
streaming and not, and check with the `openai` package what is said here.
"""

_HEAD = (
    "| code | status | class in `openai` | `retry-after` | retried | meaning | what to do |",
    "|---|---|---|---|---|---|---|",
)

_STREAMS = """\
## In a stream

The status is sent with the first token. A failure before it has the status above, in a stream too. A later failure is
an event with the error object, and the stream ends without `[DONE]`: the `openai` package raises `APIError` with that
`code` and does not retry. If the gateway function itself dies, the connection is cut and the package raises
`APIConnectionError`. Without `stream`, these failures have their status and return no part of the answer.

A client that disconnects does not end the generation: API Gateway does not tell a function that its caller has gone.
`max_tokens` bounds what that may cost.

Tested causes in mid-answer:
"""

_GATEWAY = """\
## From API Gateway

API Gateway answers these itself, when a request does not reach the gateway function. It also sends `request_too_large`
and `rate_limit_exceeded`.
"""

_OTHERS = (
    "Any other 4xx from API Gateway keeps its status and message and has no code; any other 5xx has `gateway_error`."
)


def page() -> str:
    """The whole page."""
    return "\n".join(
        [
            _INTRODUCTION,
            *_HEAD,
            *map(_row, FRONT_ERRORS),
            "",
            "Tested causes of each code:",
            "",
            *(f"- `{error.code}`: {'; '.join(error.causes)}" for error in FRONT_ERRORS if error.causes),
            "",
            _STREAMS,
            *(f"- {cause}: `{error.code}`" for error in FRONT_ERRORS for cause in error.causes_within),
            "",
            _GATEWAY,
            *_HEAD,
            *map(_row, GATEWAY_ERRORS),
            "",
            _OTHERS,
            "",
        ]
    )


def _row(error: ErrorCode) -> str:
    wait = f"{error.retry_after} s" if error.retry_after else ""
    status = error.status or "5xx"
    cells = (f"`{error.code}`", status, f"`{error.openai_exception}`", wait, "yes" if error.retried else "no")
    return f"| {' | '.join(map(str, cells))} | {error.meaning} | {error.advice} |"


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}))
