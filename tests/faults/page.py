"""`python -m tests.faults.page`: the page docs/errors.md, made from the rows that the tests run.

With `--check` it writes nothing and fails where the page is not what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from constructs_lib.api.gateway_responses import GATEWAY_ERRORS, GatewayError
from tests.faults.causes import BROKEN, FAILED, REFUSED
from tests.faults.client_view import ClientView, view_of
from tests.faults.errors import ERRORS, Error
from tools.docs.generated import write_or_check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"

_INTRODUCTION = """\
# Errors

Every error is OpenAI's error object, `{"error": {"message", "type", "param", "code"}}`, and has an `x-request-id`. The
same id is in the front's log, with the cause. What SageMaker says, which names the account, reaches neither. Branch on
`code`; messages may change.

"Sent again" says whether OpenAI's client sends the request again by itself, two times unless you tell it otherwise. It
does so only where nothing was generated: headers (`x-should-retry`) keep it from running a generation twice.

This page is made by `make reference` from the rows in `tests/faults/`. The tests bring each of them about, streaming
and not, and look at it with the `openai` package.
"""

_STREAMS = """\
## In a stream

The status is sent with the first token. Whatever fails before it has the status above, in a stream too. What fails
later is an event with the error object, and the stream ends without `[DONE]`: the `openai` package raises `APIError`
with that `code`, and nothing is sent again. If the front itself dies, the connection is cut, and the package raises
`APIConnectionError`. Without `stream` the same failures have their status, and no part of the answer is returned.

A client that goes away does not end the answer: API Gateway does not tell a function that nobody listens any more. What
it may cost is bounded by `max_tokens`.

What was brought about in mid-answer:
"""

_GATEWAY = """\
## Before the front

These are API Gateway's own, when a request does not get as far as the front.
"""

_HEAD = (
    "| code | status | class in `openai` | `retry-after` | sent again | meaning | what to do |",
    "|---|---|---|---|---|---|---|",
)


def page() -> str:
    """The whole page."""
    own = [error for error in GATEWAY_ERRORS if error.code is not None and error.status is not None]
    return "\n".join(
        [
            _INTRODUCTION,
            *_HEAD,
            *map(_row, ERRORS),
            "",
            "Causes that were brought about, for each code:",
            "",
            *_causes(),
            "",
            _STREAMS,
            *(f"- {cause.name}: `{cause.code}`" for cause in BROKEN),
            "",
            _GATEWAY,
            "| code | status | class in `openai` | `retry-after` | sent again | message |",
            "|---|---|---|---|---|---|",
            *dict.fromkeys(map(_gateway_row, own)),
            "",
            "Whatever else API Gateway answers itself keeps its status and its sentence: a 4xx without a code, a 5xx "
            "with `gateway_error`.",
            "",
        ]
    )


def _row(error: Error) -> str:
    seen = ClientView(error.exception, error.retried)
    return f"{_start(error.code, error.status, seen, error.retry_after)} {error.meaning} | {error.advice} |"


def _gateway_row(error: GatewayError) -> str:
    retry_after = error.headers.get("Retry-After")
    message = (error.message or "API Gateway's own sentence.").replace("|", "\\|")
    return f"{_start(str(error.code), error.status or 0, view_of(error), retry_after)} {message} |"


def _start(code: str, status: int, seen: ClientView, retry_after: object) -> str:
    wait = f"{retry_after} s" if retry_after else ""
    return f"| `{code}` | {status} | `{seen.exception}` | {wait} | {'yes' if seen.retried else 'no'} |"


def _causes() -> list[str]:
    causes = [*REFUSED, *FAILED]
    return [
        f"- `{error.code}`: {'; '.join(names)}"
        for error in ERRORS
        if (names := [cause.name for cause in causes if cause.code == error.code])
    ]


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}))
