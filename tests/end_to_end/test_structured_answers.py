"""Answers that follow a schema, asked for with OpenAI's package and with huggingface_hub's."""

from __future__ import annotations

import json
from typing import Any, Literal

import openai
import pytest
from huggingface_hub import InferenceClient
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from .conftest import Api

MESSAGES: list[Any] = [{"role": "user", "content": "What is the capital of France?"}]


class Stop(BaseModel):
    """A place on the way."""

    city: Literal["Paris", "Rome", "São Paulo"]
    stay: bool = Field(description="Whether to spend the night.")


class Trip(BaseModel):
    title: str = Field(max_length=24)
    stops: list[Stop] = Field(min_length=1, max_length=3)
    last: Stop | None
    season: Literal["dry", "wet"] | None


@pytest.mark.parametrize("model", ["falcon-7b-instruct", "falcon-180b-chat"])
@pytest.mark.parametrize("temperature", [0, 1.5], ids=["greedy", "sampled"])
def test_a_pydantic_model_comes_back(api: Api, model: str, temperature: float) -> None:
    asked: dict[str, Any] = {"model": model, "messages": MESSAGES, "response_format": Trip, "temperature": temperature}
    completion = api.openai.chat.completions.parse(**asked, seed=11)
    with api.openai.chat.completions.stream(**asked, seed=11) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        streamed = stream.get_final_completion().choices[0]

    (choice,) = completion.choices
    assert isinstance(choice.message.parsed, Trip)
    assert choice.finish_reason == "stop"
    assert streamed.message.parsed == choice.message.parsed
    assert len(deltas) > 5
    assert Trip.model_validate_json("".join(deltas)) == choice.message.parsed


def test_a_plain_schema_is_followed(api: Api) -> None:
    schema = Trip.model_json_schema()
    wanted: Any = {"type": "json_schema", "json_schema": {"name": "trip", "schema": schema}}
    asked: dict[str, Any] = {"model": "falcon-7b-instruct", "messages": MESSAGES, "temperature": 0}
    whole = api.openai.chat.completions.create(**asked, response_format=wanted)
    chunks = api.openai.chat.completions.create(**asked, response_format=wanted, stream=True)
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    assert streamed == whole.choices[0].message.content
    assert list(Draft202012Validator(schema).iter_errors(json.loads(streamed))) == []


def test_an_image_without_grammars_says_so(api: Api) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        api.openai.chat.completions.parse(model="falcon-40b-instruct", messages=MESSAGES, response_format=Trip)

    assert caught.value.code == "unsupported_parameter"
    assert caught.value.param == "response_format"
    assert "needs text-generation-inference 1.4.1 or later; falcon-40b-instruct is served by 1.4.0" in str(caught.value)


def test_a_schema_beyond_grammars_is_refused_with_the_place(api: Api) -> None:
    class Ticket(BaseModel):
        price: int = Field(ge=0)

    with pytest.raises(openai.BadRequestError) as caught:
        api.openai.chat.completions.parse(model="falcon-7b-instruct", messages=MESSAGES, response_format=Ticket)

    assert caught.value.param == "response_format.json_schema.schema.properties.price.minimum"


def test_the_likeliest_twenty_come_with_each_token_of_a_stream(api: Api) -> None:
    chunks = api.openai.chat.completions.create(
        model="falcon-180b-chat", messages=MESSAGES, temperature=0, logprobs=True, top_logprobs=20, stream=True
    )
    tokens = [token for chunk in chunks if (found := chunk.choices[0].logprobs) for token in found.content or []]

    assert "".join(token.token for token in tokens).strip() == "The capital of France is Paris."
    assert all(len(token.top_logprobs) == 20 for token in tokens)
    assert all(token.top_logprobs[0].token == token.token for token in tokens)


def test_huggingface_hub_asks_for_a_schema_its_own_way(api: Api) -> None:
    client = InferenceClient(base_url=api.base_url, api_key=api.key)
    wanted: Any = {
        "type": "json_schema",
        "json_schema": {"name": "trip", "schema": Trip.model_json_schema(), "strict": True},
    }
    answer = client.chat_completion(MESSAGES, model="falcon-7b-instruct", response_format=wanted, max_tokens=300)

    Trip.model_validate_json(answer.choices[0].message.content or "")


def test_the_native_route_takes_a_grammar(api: Api) -> None:
    client = InferenceClient(model=f"{api.native_url}/falcon-7b-instruct", token=api.key)
    grammar: Any = {"type": "regex", "value": "[0-9]{2}:[0-9]{2}"}
    text = client.text_generation("User: What time is it?\nAssistant:", grammar=grammar, return_full_text=False)

    assert len(text) == 5
    assert text[2] == ":"
