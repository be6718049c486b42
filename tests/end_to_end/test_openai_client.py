"""OpenAI's package, unmodified: what its users call, through the deployed API. (The samples: test_samples.py.)"""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from .conftest import Api

CHAT: dict[str, Any] = {
    "model": "falcon-180b-chat",
    "messages": [{"role": "user", "content": "What is the capital of France?"}],
    "temperature": 0,
}
ANSWER = "The capital of France is Paris."


def test_many_at_once_with_the_asynchronous_client(api: Api) -> None:
    async def ask() -> tuple[list[str | None], str]:
        async with AsyncOpenAI(base_url=api.base_url, api_key=api.key, max_retries=0) as client:
            whole = await asyncio.gather(*(client.chat.completions.create(**CHAT) for _ in range(8)))
            stream = await client.chat.completions.create(**CHAT, stream=True)
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
        return [completion.choices[0].message.content for completion in whole], "".join(pieces)

    answers, streamed = asyncio.run(ask())

    assert answers == [ANSWER] * 8
    assert streamed == ANSWER


def test_a_client_beyond_its_rate_tries_again_until_it_may(api: Api) -> None:
    # GIVEN a client of one request a second, and a burst of two
    client = OpenAI(base_url=api.base_url, api_key=api.hasty_key, max_retries=5)
    at_once = client.with_options(max_retries=0)

    def ask_often() -> None:
        for _ in range(10):
            at_once.models.list()

    with pytest.raises(openai.RateLimitError):
        ask_often()
    answer = client.chat.completions.create(**CHAT)

    assert answer.choices[0].message.content == ANSWER


def test_everything_that_may_be_sent_along(api: Api) -> None:
    completion = api.openai.chat.completions.create(
        **CHAT,
        max_completion_tokens=40,
        n=2,
        seed=3,
        stop=["\n\n"],
        top_p=1,
        frequency_penalty=0.1,
        presence_penalty=0,
        logit_bias={},
        logprobs=True,
        top_logprobs=1,
        user="someone",
        safety_identifier="someone",
        prompt_cache_key="a",
        metadata={"team": "tests"},
        store=False,
        service_tier="auto",
        modalities=["text"],
        tools=[],
        tool_choice="none",
        parallel_tool_calls=True,
        response_format={"type": "text"},
        extra_body={"top_k": 50, "repetition_penalty": 1.0, "typical_p": 1},
        extra_headers={"x-team": "tests"},
        timeout=30,
    )

    assert [choice.message.content for choice in completion.choices] == [ANSWER, ANSWER]


def test_an_answer_goes_on_with_the_history_that_the_package_returned(api: Api) -> None:
    first = api.openai.chat.completions.create(**CHAT).choices[0].message
    follow_up: Any = {"role": "user", "content": "Hello!"}
    history: list[Any] = [*CHAT["messages"], first, first.model_dump(), follow_up]

    second = api.openai.chat.completions.create(**{**CHAT, "messages": history})

    assert second.choices[0].message.content


def test_headers_of_a_raw_response(api: Api) -> None:
    raw = api.openai.chat.completions.with_raw_response.create(**CHAT)
    with api.openai.chat.completions.with_streaming_response.create(**CHAT, stream=True) as streamed:
        lines = list(streamed.iter_lines())

    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["x-request-id"]
    assert raw.parse().choices[0].message.content == ANSWER
    assert raw.parse()._request_id == raw.headers["x-request-id"]
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert streamed.headers["x-request-id"] != raw.headers["x-request-id"]
    assert [line for line in lines if line][-1] == "data: [DONE]"


def test_completions_with_everything(api: Api) -> None:
    prompts = ["Building a website can be done in 10 simple steps:", "Tweet: "]
    completion = api.openai.completions.create(
        model="falcon-180b", prompt=prompts, max_tokens=6, n=2, echo=True, seed=5, best_of=3, user="someone"
    )
    scored = api.openai.completions.create(
        model="falcon-180b", prompt=prompts[0], max_tokens=6, logprobs=2, temperature=0
    )
    chunks = list(
        api.openai.completions.create(
            model="falcon-180b",
            prompt=prompts[0],
            max_tokens=6,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert [choice.text.startswith(prompts[choice.index // 2]) for choice in completion.choices] == [True] * 4
    (choice,) = scored.choices
    assert choice.logprobs is not None
    assert "".join(choice.logprobs.tokens or []) == choice.text
    assert [len(top) for top in choice.logprobs.top_logprobs or []] == [2] * 6
    assert "".join(chunk.choices[0].text for chunk in chunks if chunk.choices) == choice.text
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 6


def test_models(api: Api) -> None:
    listed = [model.id for model in api.openai.models.list()]

    assert "falcon-180b-chat" in listed
    assert api.openai.models.retrieve("falcon-180b-chat").owned_by == "tiiuae"
    with pytest.raises(openai.NotFoundError, match="falcon-180b-chat"):
        api.openai.models.retrieve("falcon-180b-cat")
