"""docs/errors.md, and the answers of API Gateway's own that it lists."""

from __future__ import annotations

import pytest

from constructs_lib.api.gateway_responses import GATEWAY_ERRORS, GatewayErrorResponse
from falconry.error_codes import ERROR_CODES
from tests.faults.client_view import ClientView, view_of
from tools.docs import errors_reference as page


def test_the_page_is_what_the_rows_say() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run: make reference"


@pytest.mark.parametrize(
    "error",
    [error for error in GATEWAY_ERRORS if error.status is not None],
    ids=lambda error: error.code or str(error.status),
)
def test_only_what_never_reached_the_front_is_sent_again(error: GatewayErrorResponse) -> None:
    row = ERROR_CODES[str(error.code)]

    assert view_of(error).retried == (error.code == "rate_limit_exceeded")
    assert view_of(error) == ClientView(row.openai_exception, row.retried)
