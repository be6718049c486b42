"""LangChain's models for OpenAI, unmodified."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import openai
import pytest
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI, OpenAI
from pydantic import BaseModel, Field

from falconry.catalog import Sample, samples
from tests.end_to_end.conftest import Api

CHAT = [sample for sample in samples() if sample.kind == "chat"]
COMPLETIONS = [sample for sample in samples() if sample.kind == "completion"]
QUESTION = "What is the capital of France?"
ANSWER = "The capital of France is Paris."


class Place(BaseModel):
    """A place to visit."""

    city: Literal["Paris", "Rome"]
    remark: str = Field(max_length=20, description="At most a few words.")
    nights: Literal[1, 2] | None = None


def chat(api: Api, model: str = "falcon-180b-chat", **settings: Any) -> ChatOpenAI:
    return ChatOpenAI(**{"base_url": api.base_url, "api_key": api.key, "model": model, "max_retries": 0, **settings})


def text(api: Api, **settings: Any) -> OpenAI:
    return OpenAI(
        **{"base_url": api.base_url, "api_key": api.key, "model": "falcon-180b", "max_retries": 0, **settings}
    )


@pytest.mark.parametrize("sample", CHAT, ids=lambda sample: sample.id)
def test_a_chat_sample(api: Api, sample: Sample) -> None:
    model = chat(api, temperature=0, max_tokens=sample.parameters["max_new_tokens"])
    messages = [(message["role"], message["content"]) for message in sample.messages]
    whole = model.invoke(messages, stop=sample.parameters.get("stop"))
    streamed = list(model.stream(messages, stop=sample.parameters.get("stop"), stream_usage=True))

    assert whole.content == sample.answer
    assert whole.response_metadata["finish_reason"] == "stop"
    assert "".join(str(chunk.content) for chunk in streamed) == sample.answer
    (usage,) = [chunk.usage_metadata for chunk in streamed if chunk.usage_metadata]
    assert usage["total_tokens"] == whole.usage_metadata["total_tokens"]


@pytest.mark.parametrize("sample", COMPLETIONS, ids=lambda sample: sample.id)
def test_a_completion_sample(api: Api, sample: Sample) -> None:
    model = text(api, temperature=0, max_tokens=sample.parameters["max_new_tokens"])

    assert model.invoke(sample.prompt, stop=sample.parameters["stop"]).strip() == sample.answer
    assert "".join(model.stream(sample.prompt, stop=sample.parameters["stop"])).strip() == sample.answer


def test_models_with_the_settings_that_they_come_with(api: Api) -> None:
    assert chat(api).invoke(QUESTION).content
    assert text(api).invoke("Once upon a time")


def test_batches_chains_and_history(api: Api) -> None:
    model = chat(api, temperature=0)
    prompt = ChatPromptTemplate.from_messages([("system", "You are a helpful assistant."), ("human", "{question}")])
    history = [HumanMessage("Hello!"), AIMessage("Hello! How can I help you today?"), HumanMessage(QUESTION)]

    assert [answer.content for answer in model.batch([QUESTION] * 4)] == [ANSWER] * 4
    assert asyncio.run((prompt | model).ainvoke({"question": QUESTION})).content
    assert model.invoke(history).content == ANSWER


def test_several_answers_with_their_probabilities(api: Api) -> None:
    result = chat(api, n=2, logprobs=True, top_logprobs=3, seed=1).generate([[HumanMessage(QUESTION)]])
    texts = text(api, n=2, best_of=3, max_tokens=4, logprobs=2).generate(["Once upon a time", "Tweet:"])

    assert len(result.generations[0]) == 2
    logprobs = result.generations[0][0].message.response_metadata["logprobs"]["content"]
    assert all(len(token["top_logprobs"]) == 3 for token in logprobs)
    assert [len(generations) for generations in texts.generations] == [2, 2]


@pytest.mark.parametrize("strict", [None, False, True])
def test_structured_output(api: Api, strict: bool | None) -> None:
    model = chat(api, "falcon-7b-instruct", temperature=0)
    structured = model.with_structured_output(Place, method="json_schema", strict=strict)

    answer = structured.invoke(QUESTION)
    assert isinstance(answer, Place)
    assert list(structured.stream(QUESTION))[-1] == answer


def test_structured_output_by_tool_calls_is_refused_with_the_reason(api: Api) -> None:
    structured = chat(api, "falcon-7b-instruct").with_structured_output(Place, method="function_calling")

    with pytest.raises(openai.BadRequestError, match="tools is not supported: the Falcon models were not tuned"):
        structured.invoke(QUESTION)


def test_errors_are_of_the_class_that_says_what_to_do(api: Api) -> None:
    with pytest.raises(openai.NotFoundError):
        chat(api, "falcon-180b-cat").invoke(QUESTION)
    with pytest.raises(openai.AuthenticationError):
        chat(api, api_key="not-a-key-of-this-deployment").invoke(QUESTION)
    with pytest.raises(ContextOverflowError, match="The prompt is too long"):
        chat(api).invoke("word " * 3000)
    # LangChain classifies the errors of its chat model only.
    with pytest.raises(openai.BadRequestError, match="The prompt is too long"):
        text(api).invoke("word " * 3000)
