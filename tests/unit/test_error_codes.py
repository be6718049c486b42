"""The front and API Gateway speak one vocabulary of error codes: the rows of falconry/error_codes.py."""

from __future__ import annotations

from typing import get_args

import pytest
from chat.errors import ErrorKind

from constructs_lib.api.gateway_responses import Credentials, gateway_errors
from falconry.error_codes import ERROR_CODES, FRONT_ERRORS, GATEWAY_ERRORS

FROM_THE_GATEWAY = {
    error.code: error
    for credentials in get_args(Credentials)
    for error in gateway_errors(credentials)
    if error.code is not None
}


def test_every_code_that_is_answered_is_a_row_and_no_row_is_unused() -> None:
    of_the_front = {kind.code for kind in ErrorKind}

    assert of_the_front == {error.code for error in FRONT_ERRORS}
    assert FROM_THE_GATEWAY.keys() - of_the_front == {error.code for error in GATEWAY_ERRORS}
    assert of_the_front | FROM_THE_GATEWAY.keys() == ERROR_CODES.keys()


def test_no_code_has_two_rows() -> None:
    assert len(ERROR_CODES) == len(FRONT_ERRORS) + len(GATEWAY_ERRORS)


@pytest.mark.parametrize("kind", ErrorKind, ids=lambda kind: kind.code)
def test_a_row_says_what_the_front_answers(kind: ErrorKind) -> None:
    row = ERROR_CODES[kind.code]

    assert (row.status, row.retry_after, row.retried) == (kind.status, kind.retry_after, kind.should_retry is True)


@pytest.mark.parametrize("code", FROM_THE_GATEWAY)
def test_a_row_says_what_api_gateway_answers(code: str) -> None:
    row, answered = ERROR_CODES[code], FROM_THE_GATEWAY[code]

    assert row.status == answered.status
    assert answered.headers.get("Retry-After") in (None, str(row.retry_after))
