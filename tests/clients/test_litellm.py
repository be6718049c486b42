"""LiteLLM as a client, unmodified: its provider for OpenAI's API, with this API as the base."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import litellm
import pytest
from pydantic import BaseModel

from falconry.catalog import Sample, samples
from tests.end_to_end.conftest import Api

CHAT = [sample for sample in samples() if sample.kind == "chat"]
COMPLETIONS = [sample for sample in samples() if sample.kind == "completion"]
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
ANSWER = "The capital of France is Paris."


class City(BaseModel):
    name: Literal["Paris", "Rome"]


def ask(api: Api, model: str = "falcon-180b-chat", **arguments: Any) -> Any:
    """`litellm.completion`, once."""
    settings = {"api_base": api.base_url, "api_key": api.key, "max_retries": 0, "messages": MESSAGES}
    return litellm.completion(**{"model": f"openai/{model}", **settings, **arguments})


def complete(api: Api, **arguments: Any) -> Any:
    """`litellm.text_completion`, once."""
    settings = {"api_base": api.base_url, "api_key": api.key, "max_retries": 0}
    return litellm.text_completion(**{"model": "text-completion-openai/falcon-180b", **settings, **arguments})


def joined(chunks: Any) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


@pytest.mark.parametrize("sample", CHAT, ids=lambda sample: sample.id)
def test_a_chat_sample(api: Api, sample: Sample) -> None:
    asked: dict[str, Any] = {
        "messages": [dict(message) for message in sample.messages],
        "max_tokens": sample.parameters["max_new_tokens"],
        "stop": sample.parameters.get("stop"),
        "temperature": 0,
    }
    whole = ask(api, **asked)
    chunks = list(ask(api, **asked, stream=True, stream_options={"include_usage": True}))

    assert whole.choices[0].message.content == sample.answer
    assert whole.choices[0].finish_reason == "stop"
    assert joined(chunks) == sample.answer
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


@pytest.mark.parametrize("sample", COMPLETIONS, ids=lambda sample: sample.id)
def test_a_completion_sample(api: Api, sample: Sample) -> None:
    asked: dict[str, Any] = {
        "prompt": sample.prompt,
        "max_tokens": sample.parameters["max_new_tokens"],
        "stop": sample.parameters["stop"],
        "temperature": 0,
    }
    streamed = "".join(chunk.choices[0].text or "" for chunk in complete(api, **asked, stream=True))

    assert complete(api, **asked).choices[0].text.strip() == sample.answer
    assert streamed.strip() == sample.answer


def test_what_its_users_send_along(api: Api) -> None:
    answer = ask(
        api,
        temperature=0,
        top_p=1,
        n=2,
        max_completion_tokens=30,
        presence_penalty=0,
        frequency_penalty=0,
        logit_bias={},
        user="someone",
        seed=1,
        logprobs=True,
        top_logprobs=2,
        metadata={"trace": "a"},
        parallel_tool_calls=False,
        extra_body={"top_k": 20},
        extra_headers={"x-team": "tests"},
    )

    assert [choice.message.content for choice in answer.choices] == [ANSWER, ANSWER]


def test_the_asynchronous_functions(api: Api) -> None:
    async def both() -> tuple[Any, str]:
        settings: dict[str, Any] = {
            "api_base": api.base_url,
            "api_key": api.key,
            "messages": MESSAGES,
            "temperature": 0,
        }
        whole = await litellm.acompletion(model="openai/falcon-180b-chat", **settings)
        stream = await litellm.acompletion(model="openai/falcon-180b-chat", **settings, stream=True)
        return whole, "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    whole, streamed = asyncio.run(both())

    assert whole.choices[0].message.content == streamed == ANSWER


def test_a_pydantic_model_as_response_format(api: Api) -> None:
    answer = ask(api, "falcon-7b-instruct", response_format=City, temperature=0)

    City.model_validate_json(answer.choices[0].message.content)


def test_the_deployed_models(api: Api) -> None:
    models = litellm.get_valid_models(
        check_provider_endpoint=True, custom_llm_provider="openai", api_base=api.base_url, api_key=api.key
    )

    assert "falcon-180b-chat" in models


@pytest.mark.parametrize(
    ("arguments", "expected", "words"),
    [
        pytest.param({"temperature": 3}, litellm.BadRequestError, "temperature must be", id="400"),
        pytest.param({"tools": [{"type": "function"}]}, litellm.BadRequestError, "tools is not supported", id="tools"),
        pytest.param({"api_key": "unknown"}, litellm.AuthenticationError, "API key is unknown or disabled", id="401"),
        pytest.param({"model": "openai/falcon-180b-cat"}, litellm.NotFoundError, "falcon-180b-chat", id="404"),
        pytest.param(
            {"messages": [{"role": "user", "content": "word " * 3000}]},
            litellm.ContextWindowExceededError,
            "The prompt is too long",
            id="prompt too long",
        ),
        pytest.param(
            {"max_tokens": 5000}, litellm.ContextWindowExceededError, "maximum context length is 2048", id="max_tokens"
        ),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_errors_are_of_the_class_that_says_what_to_do(
    api: Api, arguments: dict[str, Any], expected: type[Exception], words: str, stream: bool
) -> None:
    with pytest.raises(expected, match=words):
        ask(api, **arguments, stream=stream)


def test_a_client_beyond_its_rate(api: Api) -> None:
    def ask_often() -> None:
        for _ in range(10):
            ask(api, api_key=api.hasty_key, max_tokens=1)

    with pytest.raises(litellm.RateLimitError):
        ask_often()
    # Its own retries wait for as long as the API says.
    answer = ask(api, api_key=api.hasty_key, temperature=0, num_retries=4, max_retries=None)
    assert answer.choices[0].message.content == ANSWER
