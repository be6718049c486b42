"""Answers that follow a grammar, as TGI gives them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from local_aws_testing.model_server import Server, running

HELLO = "User: Hello!\nFalcon:"
SCHEMA: dict[str, Any] = {
    "$defs": {"City": {"enum": ["Paris", "Abu Dhabi", "São Paulo"], "type": "string"}},
    "type": "object",
    "properties": {
        "greeting": {"type": "string", "maxLength": 30},
        "cities": {"type": "array", "items": {"$ref": "#/$defs/City"}, "minItems": 1, "maxItems": 2},
        "guide": {
            "type": "object",
            "properties": {"name": {"type": "string", "maxLength": 8}, "friendly": {"type": "boolean"}},
            "required": ["name", "friendly"],
        },
        "age": {"anyOf": [{"const": 41}, {"type": "null"}]},
    },
    "required": ["greeting", "cities", "guide", "age"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(TGI_VERSION="2.4.0", MAX_TOP_N_TOKENS="20") as started:
        yield started


def assert_valid(text: str) -> None:
    assert list(Draft202012Validator(SCHEMA).iter_errors(json.loads(text))) == []


@pytest.mark.parametrize(
    "sampling", [{}, {"do_sample": True, "temperature": 1.5, "seed": 3}], ids=["greedy", "sampled"]
)
def test_an_answer_follows_the_schema_and_ends(server: Server, sampling: dict[str, Any]) -> None:
    grammar = {"type": "json", "value": SCHEMA}
    answer = server.generate(HELLO, grammar=grammar, max_new_tokens=300, details=True, **sampling)
    streamed = server.stream(HELLO, grammar=grammar, max_new_tokens=300, details=True, **sampling)

    assert_valid(answer["generated_text"])
    assert answer["details"]["finish_reason"] == "eos_token"
    assert streamed[-1]["generated_text"] == answer["generated_text"]
    text = "".join(event["token"]["text"] for event in streamed if not event["token"]["special"])
    assert text == answer["generated_text"]


@pytest.mark.parametrize("pattern", ["[0-9]{3}-[a-f]{2}", "(yes|no), (maybe|perhaps)", "日本|한국"])
def test_an_answer_follows_a_regular_expression(server: Server, pattern: str) -> None:
    for seed in range(5):
        answer = server.generate(HELLO, grammar={"type": "regex", "value": pattern}, do_sample=True, seed=seed)
        assert re.fullmatch(pattern, answer["generated_text"])


def test_tokens_that_the_grammar_excludes_have_no_log_probability(server: Server) -> None:
    # GIVEN a grammar that leaves one token, "{", at the first place
    answer = server.generate(
        HELLO, grammar={"type": "json", "value": SCHEMA}, max_new_tokens=1, top_n_tokens=20, details=True
    )

    (top,) = answer["details"]["top_tokens"]
    assert len(top) == 20
    allowed = [token["text"] for token in top if token["logprob"] is not None]
    assert answer["details"]["tokens"][0]["text"] in allowed
    assert all(text.startswith("{") for text in allowed)


def test_a_schema_beyond_the_translation_is_not_enforced(server: Server) -> None:
    # As in TGI 2.4.0, which says so in its log only.
    grammar = {"type": "json", "value": {"properties": {"anything": {"title": "Anything"}}}}

    assert server.generate(HELLO, grammar=grammar) == server.generate(HELLO)


def test_a_regular_expression_that_is_none_fails_the_generation(server: Server) -> None:
    parameters = {"grammar": {"type": "regex", "value": "("}}
    response = server.post("/generate", {"inputs": HELLO, "parameters": parameters})
    (event,) = server.stream(HELLO, **parameters)

    assert response.status_code == 424
    assert response.json() == event
    assert event["error_type"] == "generation"
    assert event["error"].startswith("Request failed during generation: Server error: ")


def test_the_older_release_ignores_a_grammar() -> None:
    with running(TGI_VERSION="1.4.0") as old:
        assert old.generate(HELLO, grammar={"type": "regex", "value": "[0-9]"}) == old.generate(HELLO)
