"""What a caller did wrong is said with the right status, in OpenAI's error format."""

from __future__ import annotations

from typing import Any

import httpx2
import openai
import pytest

from .conftest import Api

GOOD: dict[str, Any] = {
    "model": "falcon-180b-chat",
    "messages": [{"role": "user", "content": "Hello"}],
    "max_tokens": 4,
}


def error_of(response: httpx2.Response) -> dict[str, Any]:
    """The error object, after a look at its shape."""
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["x-request-id"]
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    return error


@pytest.mark.parametrize(
    ("change", "status", "code", "param", "words"),
    [
        pytest.param({"model": "falcon-180b-cat"}, 404, "model_not_found", "model", "falcon-180b-chat", id="model"),
        pytest.param({"temperature": "hot"}, 400, None, "temperature", "hot", id="temperature"),
        pytest.param({"temperature": 3}, 400, None, "temperature", "3", id="too warm"),
        pytest.param({"messages": []}, 400, None, "messages", "messages", id="no message"),
        pytest.param({"messages": "Hello"}, 400, None, "messages", "messages", id="messages a string"),
        pytest.param({"temprature": 1}, 400, None, "temprature", "temperature", id="misspelt"),
        pytest.param({"tools": [{"type": "function"}]}, 400, None, "tools", "tools", id="tools"),
        pytest.param({"max_tokens": 0}, 400, None, "max_tokens", "0", id="no token"),
        pytest.param({"max_tokens": 5000}, 400, "context_length_exceeded", None, "2048", id="context"),
        pytest.param({"model": "falcon-180b"}, 400, None, "model", "falcon-180b-chat", id="base model"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_chat(
    api: Api, change: dict[str, Any], status: int, code: str | None, param: str | None, words: str, stream: bool
) -> None:
    response = api.post("/v1/chat/completions", json={**GOOD, **change, "stream": stream})

    assert response.status_code == status, response.text
    error = error_of(response)
    assert error["type"] == "invalid_request_error"
    assert words in error["message"]
    if code:
        assert error["code"] == code
    if param:
        assert error["param"] == param


@pytest.mark.parametrize("body", [b"{not json", b"", b"[1]", b"\xff\xfe"])
def test_a_body_that_is_no_json_object(api: Api, body: bytes) -> None:
    response = api.post("/v1/chat/completions", content=body)

    assert response.status_code == 400
    error_of(response)


def test_no_key(api: Api) -> None:
    response = api.post("/v1/chat/completions", json=GOOD, key=None)

    assert response.status_code == 401
    assert error_of(response)["code"] == "missing_api_key"


def test_a_wrong_key(api: Api) -> None:
    response = api.post("/v1/chat/completions", json=GOOD, key="not-a-key-of-this-deployment")

    assert response.status_code == 401
    assert error_of(response)["code"] == "invalid_api_key"


def test_the_key_may_come_as_x_api_key(api: Api) -> None:
    response = httpx2.get(f"{api.base_url}/models", headers={"x-api-key": api.key})

    assert [model["id"] for model in response.json()["data"]] == [
        "falcon-180b-chat",
        "falcon-7b-instruct",
        "falcon-180b",
        "falcon-40b-instruct",
    ]


def test_an_unknown_route(api: Api) -> None:
    response = api.post("/v1/embeddings", json={})

    assert response.status_code == 404
    assert error_of(response)["code"] == "unknown_route"


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        pytest.param({"inputs": "Hi", "parameters": {"temperature": 0}}, "temperature", id="temperature"),
        pytest.param({"inputs": "Hi", "parameters": {"top_p": 1.5}}, "top_p", id="top_p"),
        pytest.param({"inputs": "", "parameters": {}}, "inputs", id="empty"),
        pytest.param({"parameters": {}}, "inputs", id="missing"),
        pytest.param({"inputs": "Hi", "parameters": {"max_new_tokens": 4000}}, "2048", id="context"),
    ],
)
def test_native(api: Api, payload: dict[str, Any], words: str) -> None:
    for stream in (False, True):
        response = api.post("/models/falcon-180b", json={**payload, "stream": stream})

        assert response.status_code == 400, response.text
        assert words in error_of(response)["message"]


def test_openai_package_raises_its_own_exceptions(api: Api) -> None:
    with pytest.raises(openai.NotFoundError, match="falcon-180b-chat"):
        api.openai.chat.completions.create(**{**GOOD, "model": "gpt-4"})
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=api.base_url, api_key="wrong-key-wrong-key-wrong", max_retries=0).models.list()
    with pytest.raises(openai.BadRequestError) as caught:
        api.openai.chat.completions.create(**{**GOOD, "temperature": "hot"})
    assert caught.value.param == "temperature"
    assert caught.value.request_id


def test_a_client_that_calls_too_often_is_told_to_wait(api: Api) -> None:
    statuses = {}
    for _ in range(6):
        response = httpx2.get(f"{api.base_url}/models", headers={"x-api-key": api.hasty_key})
        statuses[response.status_code] = response

    assert set(statuses) == {200, 429}
    assert error_of(statuses[429])["code"] == "rate_limit_exceeded"
    assert statuses[429].headers["retry-after"] == "1"
