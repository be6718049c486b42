"""Parts of the deployed API die while it answers: what OpenAI's client sees, and that the next request is served."""

from __future__ import annotations

import http.client
import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import openai
import pytest

from tests.long_answer import LONG, SHORT, SHORT_ANSWER, rests_within, works

from .conftest import Api

MODEL = "falcon-180b-chat"


def health(api: Api) -> dict[str, Any]:
    """What the data plane says of its parts."""
    addresses = json.loads((api.local.state_dir / "data_plane.json").read_text(encoding="utf-8"))
    return dict(httpx2.get(f"{addresses['management_url']}/_local/health", timeout=5).json())


def busy_front(api: Api) -> int | None:
    """The process of the function that answers just now, if there is one."""
    environments = [one for function in health(api)["functions"].values() for one in function["environments"]]
    return next((int(one["pid"]) for one in environments if one["busy"]), None)


def model_server(api: Api) -> int:
    endpoints = health(api)["endpoints"]
    return next(int(endpoint["pid"]) for name, endpoint in endpoints.items() if name.endswith(MODEL))


def wait_for_front(api: Api) -> int:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        process_id = busy_front(api)
        # The authorizer is a function as well, and quick; the front is the one that waits for the model.
        if process_id is not None and works(model_server(api)):
            return process_id
    raise AssertionError("the front did not begin to work")


def client(api: Api) -> openai.OpenAI:
    """OpenAI's client with its own number of retries."""
    return openai.OpenAI(base_url=api.base_url, api_key=api.key)


def stream_until(api: Api, strike: Callable[[], None]) -> openai.APIError:
    """A long streamed answer, in whose midst `strike` is called; gives what the client raises."""
    text, struck = "", False
    stream = client(api).chat.completions.create(model=MODEL, **LONG, stream=True)
    try:
        for chunk in stream:
            assert chunk.choices[0].finish_reason is None, "the broken answer looks like a finished one"
            text += chunk.choices[0].delta.content or ""
            if not struck and len(text) > 20:
                struck = True
                strike()
    except openai.APIError as error:
        return error
    raise AssertionError(f"the client took {text[-40:]!r} for the end of the answer")


def whole_until(api: Api, strike: Callable[[], None]) -> openai.APIStatusError:
    """The same without a stream."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: client(api).chat.completions.create(model=MODEL, **LONG))
        wait_for_front(api)
        strike()
        error = answer.exception(30)
    assert isinstance(error, openai.APIStatusError)
    return error


def check_served(api: Api) -> None:
    answer = api.openai.chat.completions.create(model=MODEL, **SHORT)
    assert answer.choices[0].message.content == SHORT_ANSWER


def leave_stream(api: Api) -> None:
    with client(api).chat.completions.create(model=MODEL, **LONG | {"max_tokens": 150}, stream=True) as stream:
        next(iter(stream))


def leave_whole(api: Api) -> None:
    address = httpx2.URL(api.base_url)
    connection = http.client.HTTPConnection(address.host, address.port)
    body = {"model": MODEL, "messages": LONG["messages"], "max_tokens": 200, **LONG["extra_body"]}
    headers = {"Authorization": f"Bearer {api.key}", "Content-Type": "application/json"}
    connection.request("POST", f"{address.path}/chat/completions", json.dumps(body), headers)
    connection.close()


def kill_front(api: Api) -> None:
    os.kill(wait_for_front(api), signal.SIGKILL)


def kill_model_server(api: Api) -> None:
    os.kill(model_server(api), signal.SIGKILL)


def test_the_front_dies_in_mid_stream(api: Api) -> None:
    error = stream_until(api, lambda: kill_front(api))

    # The connection is cut, which no client can take for an end.
    assert type(error) is openai.APIConnectionError
    assert rests_within(model_server(api), 4), "the model goes on for nobody"
    check_served(api)


def test_the_front_dies_before_it_answers(api: Api) -> None:
    error = whole_until(api, lambda: kill_front(api))

    assert (type(error), error.status_code) == (openai.InternalServerError, 502)
    assert error.response.headers["x-should-retry"] == "false"
    assert error.request_id
    assert rests_within(model_server(api), 4), "the model goes on for nobody, or answers once more"
    check_served(api)


def test_the_model_server_dies_in_mid_stream(api: Api) -> None:
    before = model_server(api)

    error = stream_until(api, lambda: kill_model_server(api))

    assert type(error) is openai.APIError
    assert error.code == "generation_failed"
    check_served(api)
    assert model_server(api) != before


def test_the_model_server_dies_before_the_whole_answer(api: Api) -> None:
    error = whole_until(api, lambda: kill_model_server(api))

    assert (type(error), error.status_code) == (openai.InternalServerError, 502)
    assert error.code == "generation_failed"
    assert error.request_id
    check_served(api)


def test_a_client_that_says_how_long_it_waits_is_answered_in_time(api: Api) -> None:
    hasty = client(api).with_options(timeout=1, max_retries=0)
    answer = hasty.chat.completions.create(model=MODEL, **LONG)
    assert answer.choices[0].finish_reason == "length"
    assert rests_within(model_server(api), 4)


@pytest.mark.parametrize("leave", [leave_stream, leave_whole])
def test_a_client_goes_away(api: Api, leave: Callable[[Api], None]) -> None:
    """API Gateway does not tell a function that nobody listens any more: the answer is generated to its end, which
    `max_tokens` and the deadlines bound. Others are served meanwhile."""
    leave(api)

    check_served(api)
    assert rests_within(model_server(api), 60)
    assert busy_front(api) is None
