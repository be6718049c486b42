"""What OpenAI's own client sees of everything that can go wrong, through API Gateway, Lambda and the front."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from chat.errors import ErrorKind
from openai import OpenAI

from falconry.error_codes import ERROR_CODES, FRONT_ERRORS, ErrorCode
from tests.faults.causes import BROKEN, FAILED, GOOD_REQUEST, REFUSED, Cause
from tests.faults.deployed import Deployed
from tests.faults.stand_in import SECRETS, StandIn, Stream, parts
from tests.unit.front_support import answer, token

GOOD_ANSWER = Stream(parts(answer(" All", " is", " well.")))
BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
RETRIES = openai.DEFAULT_MAX_RETRIES


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client waited before it tried again; nobody waits for them here."""
    seconds: list[float] = []
    monkeypatch.setattr(time, "sleep", seconds.append)
    return seconds


def ask(client: OpenAI, stream: bool, **request: Any) -> str:
    """The text of the answer. Raises what the client raises, with the text up to there as a note."""
    given = {**GOOD_REQUEST, **request}
    if not stream:
        return str(client.chat.completions.create(**given).choices[0].message.content)
    text = ""
    chunks = client.chat.completions.create(**given, stream=True)
    try:
        for chunk in chunks:
            text += chunk.choices[0].delta.content or ""
            if chunk.choices[0].finish_reason:
                text += f"[{chunk.choices[0].finish_reason}]"
    except openai.APIError as error:
        error.add_note(text)
        error.add_note(chunks.response.headers["x-request-id"])
        raise
    return text


@contextlib.contextmanager
def brought_about(cause: Cause, stand_in: StandIn) -> Iterator[None]:
    stand_in.answer_with(cause.script or GOOD_ANSWER)
    with stand_in.unreachable() if cause.unreachable else contextlib.nullcontext():
        yield


def check_status_error(raised: openai.APIError, row: ErrorCode, waits: list[float]) -> str:
    """Class, status, code, retries and the wait before them. Gives the request id."""
    assert isinstance(raised, openai.APIStatusError)
    assert type(raised).__name__ == row.openai_exception
    assert (raised.status_code, raised.code) == (row.status, row.code)
    assert raised.response.headers.get("retry-after") == (str(row.retry_after) if row.retry_after else None)
    assert waits == ([row.retry_after] * RETRIES if row.retried else [])
    assert raised.request_id
    return raised.request_id


def check_told(raised: openai.APIError, cause: Cause) -> None:
    assert cause.says in raised.message
    response = raised.response if isinstance(raised, openai.APIStatusError) else None
    told = f"{raised.message} {raised.body} {response.headers if response is not None else ''}"
    assert [secret for secret in SECRETS if secret in told] == []


@BOTH
@pytest.mark.parametrize("cause", [*REFUSED, *FAILED], ids=str)
def test_what_fails_before_the_first_token(
    deployed: Deployed, stand_in: StandIn, waits: list[float], cause: Cause, stream: bool
) -> None:
    row = ERROR_CODES[cause.code]

    with brought_about(cause, stand_in), pytest.raises(openai.APIError) as raised:
        ask(deployed.openai, stream, **cause.request)

    request_id = check_status_error(raised.value, row, waits)
    check_told(raised.value, cause)
    called = 0 if cause.script is None else 1 + RETRIES * row.retried
    assert stand_in.calls == called
    line = deployed.log_line(request_id)
    assert (line["status"], line["outcome"], line["error_code"]) == (row.status, "failed", row.code)
    # THEN the next request is served
    stand_in.answer_with(GOOD_ANSWER)
    assert ask(deployed.openai, stream).startswith("All is well.")


@BOTH
@pytest.mark.parametrize("cause", BROKEN, ids=str)
def test_what_fails_in_mid_answer(
    deployed: Deployed, stand_in: StandIn, waits: list[float], cause: Cause, stream: bool
) -> None:
    row = ERROR_CODES[cause.code]
    stand_in.answer_with(cause.script or GOOD_ANSWER)

    with pytest.raises(openai.APIError) as raised:
        ask(deployed.openai, stream)

    if stream:
        text, request_id = raised.value.__notes__
        assert type(raised.value) is openai.APIError
        assert raised.value.code == row.code
        assert text == "Once upon a time"
    else:
        request_id = check_status_error(raised.value, row, waits)
    check_told(raised.value, cause)
    assert stand_in.calls == 1
    line = deployed.log_line(request_id)
    assert (line["status"], line["outcome"], line["error_code"]) == (200 if stream else row.status, "failed", row.code)
    # THEN the next request is served
    stand_in.answer_with(GOOD_ANSWER)
    assert ask(deployed.openai, stream).startswith("All is well.")


@BOTH
@pytest.mark.parametrize("code", sorted(error.code for error in FRONT_ERRORS if error.retried))
def test_a_client_that_tries_again_gets_its_answer(
    deployed: Deployed, stand_in: StandIn, waits: list[float], code: str, stream: bool
) -> None:
    cause = next(cause for cause in FAILED if cause.code == code and cause.script)
    assert cause.script is not None
    stand_in.answer_with(cause.script, GOOD_ANSWER)

    assert ask(deployed.openai, stream).startswith("All is well.")

    assert (stand_in.calls, waits) == (2, [ERROR_CODES[code].retry_after])


@BOTH
def test_an_answer_that_takes_too_long_is_ended_by_the_front_itself(
    deployed: Deployed, stand_in: StandIn, stream: bool
) -> None:
    # GIVEN a function with 3 seconds, and a model that would write for ever
    stand_in.answer_with(Stream((token(" more"),), gap=0.1))

    completion = ask(deployed.openai, stream) if stream else None
    whole = None if stream else deployed.openai.chat.completions.create(**GOOD_REQUEST)

    if completion is not None:
        assert completion.startswith("more more")
        assert completion.endswith("[length]")
    if whole is not None:
        assert whole.choices[0].finish_reason == "length"
        assert str(whole.choices[0].message.content).startswith("more more")
    # THEN the model does not go on
    assert stand_in.caller_left.wait(3)


def test_a_route_and_a_method_that_do_not_exist(deployed: Deployed, waits: list[float]) -> None:
    with pytest.raises(openai.APIError, match="There is no POST /v1/embeddings here") as unknown:
        deployed.openai.embeddings.create(model="m", input="x")
    with pytest.raises(openai.APIError, match="takes POST, not GET") as not_allowed:
        deployed.openai.chat.completions.list()

    check_status_error(unknown.value, ERROR_CODES["unknown_url"], waits)
    check_status_error(not_allowed.value, ERROR_CODES["method_not_allowed"], waits)


def test_a_body_that_is_no_json_object(deployed: Deployed, waits: list[float]) -> None:
    with pytest.raises(openai.APIError, match="The body must be a JSON object") as raised:
        deployed.openai.post("/chat/completions", cast_to=object, body=["no", "object"])

    check_status_error(raised.value, ERROR_CODES["invalid_json"], waits)


def test_every_error_has_a_row_and_every_row_a_cause() -> None:
    of_their_own = {"unknown_url", "method_not_allowed", "invalid_json"}
    codes = {error.code for error in FRONT_ERRORS}
    assert codes == {kind.code for kind in ErrorKind}
    assert {cause.code for cause in (*REFUSED, *FAILED, *BROKEN)} | of_their_own == codes


def test_the_causes_of_a_row_are_those_that_are_brought_about() -> None:
    for error in FRONT_ERRORS:
        assert error.causes == tuple(cause.name for cause in (*REFUSED, *FAILED) if cause.code == error.code)
        assert error.causes_within == tuple(cause.name for cause in BROKEN if cause.code == error.code)
