"""The API's description says what the API does: it is valid, it is current, and answers keep to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat.errors import ErrorKind
from chat.openapi.document import document
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from constructs_lib.api.routes import ROUTES
from tools.docs import api_reference

from .front_support import BASE, CHAT, INSTRUCT, FakeClient, answer, chat, chunks, complete, final, front, read, send
from .front_support import token as token_event


def schema_of(name: str) -> dict[str, Any]:
    """A schema with all that it refers to."""
    described: dict[str, Any] = json.loads(json.dumps(document()))
    return {"$ref": f"#/components/schemas/{name}", "components": described["components"]}


def check(value: object, name: str) -> None:
    errors = [error.message for error in Draft202012Validator(schema_of(name)).iter_errors(value)]
    assert errors == []


def test_it_is_a_valid_openapi_document() -> None:
    validate(json.loads(json.dumps(document(["falcon-7b"]))))


def test_it_describes_every_route_that_is_deployed() -> None:
    described = {
        (method.upper(), path)
        for path, operations in json.loads(json.dumps(document()))["paths"].items()
        for method in operations
        if method != "parameters"
    }
    assert described == set(ROUTES)


def test_it_is_served_with_the_deployed_models() -> None:
    served = read(send(front(FakeClient([])), "GET", "/openapi.json"))
    assert served["paths"]["/models/{model}"]["parameters"][0]["schema"]["enum"] == sorted([CHAT, INSTRUCT, BASE])


def test_the_committed_files_are_current() -> None:
    for file, text in api_reference.files().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run `make reference`"


def test_every_error_is_described() -> None:
    described = json.loads(json.dumps(document()))["components"]["responses"]
    for kind in ErrorKind:
        assert f"`{kind.code}`" in described[f"Error{kind.status}"]["description"]


def test_answers_keep_to_it() -> None:
    parts = [token_event(" a", top=[(" a", -0.5)]), final(" b", "length", 2)]
    check(read(chat(front(FakeClient([answer(" Hi")])))), "ChatCompletion")
    check(read(chat(front(FakeClient([parts])), logprobs=True, top_logprobs=1)), "ChatCompletion")
    check(read(complete(front(FakeClient([parts])), logprobs=1)), "Completion")
    check(read(chat(front(FakeClient([])), temperature=9)), "Error")
    check(read(send(front(FakeClient([])), "GET", "/v1/models")), "ModelList")
    check(read(send(front(FakeClient([])), "GET", f"/v1/models/{CHAT}")), "Model")
    native = {"inputs": "Hello", "parameters": {"details": True}}
    check(read(send(front(FakeClient([parts])), "POST", f"/models/{CHAT}", native)), "GenerateAnswer")


@pytest.mark.parametrize("usage", [True, False])
def test_chunks_keep_to_it(usage: bool) -> None:
    options: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": usage}}
    for event in chunks(chat(front(FakeClient([answer(" Hi")])), logprobs=True, **options))[:-1]:
        check(event, "ChatCompletionChunk")
    for event in chunks(complete(front(FakeClient([answer(" Hi")])), **options))[:-1]:
        check(event, "Completion")
    for event in chunks(
        send(front(FakeClient([answer(" Hi")])), "POST", f"/models/{CHAT}", {"inputs": "a", "stream": True})
    ):
        check(event, "GenerateEvent")


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"temperature": 0.5, "stop": ["a"], "n": 2}, True),
        ({"temperature": None, "presence_penalty": 0, "tools": []}, True),
        ({"temperature": 3}, False),
        ({"presence_penalty": 1}, False),
        ({"stop": ["a", "b", "c", "d", "e"]}, False),
        ({"unknown": 1}, False),
        ({"messages": [{"role": "tool", "content": "a"}]}, False),
    ],
)
def test_requests_are_described_as_they_are_checked(body: dict[str, Any], valid: bool) -> None:
    whole = {"model": CHAT, "messages": [{"role": "user", "content": "Hello"}], **body}
    described = not list(Draft202012Validator(schema_of("ChatCompletionRequest")).iter_errors(whole))
    accepted = chat(front(FakeClient([answer(" Hi"), answer(" Hi")])), **body).status == 200
    assert described == accepted == valid
