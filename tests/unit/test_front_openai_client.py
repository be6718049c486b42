"""OpenAI's own client over the front: what its users see, without a network between."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import openai
import pytest
from chat.http import Request

from tests.unit.front_support import (
    CHAT,
    Clock,
    FakeClient,
    Part,
    answer,
    front,
    model_error,
    service_error,
    tgi_error,
    token,
)

MESSAGES: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


class Chunks(httpx2.SyncByteStream):
    """A response's body, handed to the client as it is made."""

    def __init__(self, body: Iterator[bytes]) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self._body

    def close(self) -> None:
        getattr(self._body, "close", lambda: None)()


def openai_client(sagemaker: FakeClient) -> openai.OpenAI:
    target = front(sagemaker, Clock())

    def transport(request: httpx2.Request) -> httpx2.Response:
        response = target.handle(Request(request.method, request.url.path, request.read(), "request-1"))
        return httpx2.Response(response.status, headers=response.headers, stream=Chunks(response.body))

    http_client = httpx2.Client(transport=httpx2.MockTransport(transport))
    return openai.OpenAI(api_key="key", base_url="https://api.test/v1", http_client=http_client)


def test_an_answer_in_one_piece() -> None:
    completion = openai_client(FakeClient([answer(" Hello", "!")])).chat.completions.create(
        model=CHAT, messages=MESSAGES, temperature=0, extra_body={"top_k": 5, "repetition_penalty": 1.2}
    )
    assert completion.choices[0].message.content == "Hello!"
    assert completion.usage is not None
    assert completion.usage.total_tokens == 10
    assert completion._request_id == "request-1"


def test_a_stream_and_its_usage() -> None:
    stream = openai_client(FakeClient([answer(" Hello", "!")])).chat.completions.create(
        model=CHAT, messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello!"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3


def test_an_earlier_answer_can_be_handed_back() -> None:
    sagemaker = FakeClient([answer(" Hello"), answer(" Again")])
    client = openai_client(sagemaker)
    first = client.chat.completions.create(model=CHAT, messages=MESSAGES).choices[0].message
    history: list[object] = [*MESSAGES, first, {"role": "user", "content": "Again?"}]
    client.chat.completions.create(model=CHAT, messages=history)  # type: ignore[arg-type]  # its users do so
    assert sagemaker.payload()["inputs"] == "User: Hello\nFalcon: Hello\nUser: Again?\nFalcon:"


def test_closing_a_stream_closes_the_call_upstream() -> None:
    sagemaker = FakeClient([answer(" Hello", "!")])
    with openai_client(sagemaker).chat.completions.create(model=CHAT, messages=MESSAGES, stream=True) as stream:
        next(iter(stream))
    assert sagemaker.streams[0].closed


@pytest.mark.parametrize(
    ("failure", "raised", "code"),
    [
        (tgi_error("Input validation error: `x` is wrong", "validation"), openai.BadRequestError, "invalid_value"),
        (
            tgi_error("Request failed during generation: x", "generation"),
            openai.InternalServerError,
            "generation_failed",
        ),
        (model_error(0, "timed out"), openai.InternalServerError, "upstream_timeout"),
        (service_error("AccessDeniedException", "x"), openai.InternalServerError, "upstream_access_denied"),
    ],
)
def test_a_failure_is_the_clients_exception_and_no_generation_is_repeated(
    failure: Part, raised: type[openai.APIStatusError], code: str
) -> None:
    sagemaker = FakeClient([[failure] for _ in range(3)])
    with pytest.raises(raised) as caught:
        openai_client(sagemaker).chat.completions.create(model=CHAT, messages=MESSAGES)
    assert caught.value.code == code
    assert caught.value.request_id == "request-1"
    assert len(sagemaker.requests) == 1


def test_a_failure_within_a_stream_is_raised_and_not_taken_for_its_end() -> None:
    sagemaker = FakeClient([[token(" Hello"), service_error("InternalStreamFailure", "x")]])
    stream = openai_client(sagemaker).chat.completions.create(model=CHAT, messages=MESSAGES, stream=True)
    with pytest.raises(openai.APIError, match="broke off"):
        list(stream)


def test_models_can_be_listed_and_an_unknown_one_is_not_found() -> None:
    client = openai_client(FakeClient([]))
    assert [model.id for model in client.models.list()] == ["falcon-180b-chat", "falcon-7b-instruct", "falcon-180b"]
    assert client.models.retrieve(CHAT).id == CHAT
    with pytest.raises(openai.NotFoundError, match="Deployed: falcon-180b-chat"):
        client.models.retrieve("falcon-180b-chatt")
