"""POST /models/{model}: the announcement's payload."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chat.http import Response

from tests.unit.front_support import (
    BASE,
    CHAT,
    INSTRUCT,
    Clock,
    FakeClient,
    Part,
    answer,
    final,
    front,
    model_error,
    read,
    send,
    service_error,
    tgi_error,
    token,
)

ALL_PARAMETERS = {
    "do_sample": True,
    "max_new_tokens": 20,
    "repetition_penalty": 1.1,
    "return_full_text": False,
    "stop": ["<|endoftext|>", "###"],
    "seed": 2**64 - 1,
    "temperature": 0.6,
    "top_k": 10,
    "top_p": 0.9,
    "truncate": 100,
    "typical_p": 0.95,
    "best_of": 1,
    "watermark": False,
    "details": True,
    "decoder_input_details": False,
}


def generate(client: FakeClient, body: object, model: str = BASE, clock: Clock | None = None) -> Response:
    return send(front(client, clock), "POST", f"/models/{model}", body)


def test_the_announcements_payload_is_answered_as_tgi_does() -> None:
    parts: list[Part] = [token(" fro"), token("mage"), final(".", "length", 3, whole=" fromage.", input_length=4)]
    client = FakeClient([parts])
    response = generate(client, {"inputs": "cheese =>", "parameters": {"max_new_tokens": 3}})
    assert response.status == 200
    assert read(response) == [{"generated_text": " fromage."}]
    assert client.payload() == {"inputs": "cheese =>", "parameters": {"max_new_tokens": 3}, "stream": True}
    assert client.requests[0]["EndpointName"] == "falconry-dev-falcon-180b"


def test_all_fifteen_parameters_arrive_unchanged_and_details_come_back() -> None:
    client = FakeClient([answer(" a", " b")])
    response = generate(client, {"inputs": "x", "parameters": ALL_PARAMETERS})
    assert client.payload()["parameters"] == ALL_PARAMETERS
    (result,) = read(response)
    assert list(result) == ["generated_text", "details"]
    assert list(result["details"]) == ["finish_reason", "generated_tokens", "seed", "prefill", "tokens"]
    assert result["details"]["finish_reason"] == "eos_token"
    assert result["details"]["generated_tokens"] == 3
    assert [item["text"] for item in result["details"]["tokens"]] == [" a", " b", "<|endoftext|>"]


def test_no_parameters_stay_no_parameters() -> None:
    # TGI from 1.4.0 on samples when the object is missing, and does not when it is empty.
    client = FakeClient([answer(" a")])
    generate(client, {"inputs": "x"})
    assert client.payload() == {"inputs": "x", "stream": True}


@pytest.mark.parametrize("parameters", [{"decoder_input_details": True}, {"best_of": 2, "do_sample": True}])
def test_what_tgi_cannot_stream_is_handed_on_and_back_as_it_is(parameters: dict[str, Any]) -> None:
    raw = json.dumps({"parameters": parameters, "inputs": "x"}, indent=3).encode()
    client = FakeClient([[b'[{"generated', b'_text": "\\u00e9"}]']])
    response = generate(client, raw)
    assert b"".join(response.body) == b'[{"generated_text": "\\u00e9"}]'
    assert client.requests[0]["Body"] == raw


def test_a_stream_is_tgis_own_bytes() -> None:
    parts = [
        b":\n\nda",
        token(" a")[2:-5],
        token(" a")[-5:] + token("\u00e9")[:-25],
        token("\u00e9")[-25:],
        *answer(" end"),
    ]
    raw = b'{"inputs":"x", "stream" : true}'
    client = FakeClient([parts])
    response = generate(client, raw)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert b"".join(response.body) == b"".join(part for part in parts if isinstance(part, bytes))
    assert client.requests[0]["Body"] == raw


def test_a_stream_that_fails_at_once_has_a_status() -> None:
    refusal = tgi_error("Input validation error: `best_of` != 1 is not supported when streaming tokens", "validation")
    client = FakeClient([[b":\n\n" + refusal[:9], refusal[9:]]])
    response = generate(client, {"inputs": "x", "stream": True, "parameters": {"best_of": 2}})
    assert response.status == 400
    assert read(response)["error"]["param"] == "best_of"
    assert client.streams[0].closed


def test_a_stream_that_fails_later_ends_with_an_error_event() -> None:
    client = FakeClient([[token(" a"), service_error("ModelStreamError", "secret")]])
    body = b"".join(generate(client, {"inputs": "x", "stream": True}).body)
    assert body.startswith(token(" a"))
    last = json.loads(body.split(b"data: ")[-1])
    assert set(last["error"]) == {"message", "type", "param", "code"}
    assert b"secret" not in body


def test_closing_a_native_stream_closes_the_call_upstream() -> None:
    client = FakeClient([answer(" a", " b")])
    response = generate(client, {"inputs": "x", "stream": True})
    next(response.body)
    response.body.close()
    assert client.streams[0].closed


def test_the_deadline_ends_a_native_answer_with_length() -> None:
    clock = Clock()
    client = FakeClient([[token(" a"), lambda: clock.advance(290), token(" b"), token(" c")]])
    response = generate(client, {"inputs": "x", "parameters": {"details": True}}, clock=clock)
    (result,) = read(response)
    assert result["generated_text"] == " a b"
    assert result["details"]["finish_reason"] == "length"
    assert client.streams[0].closed


def test_top_tokens_are_kept() -> None:
    event = json.loads(token(" a")[5:]) | {"top_tokens": [{"id": 1, "text": " b", "logprob": -1.5, "special": False}]}
    client = FakeClient([[b"data: " + json.dumps(event).encode() + b"\n\n", *answer()]])
    response = generate(client, {"inputs": "x", "parameters": {"details": True, "top_n_tokens": 1}})
    assert read(response)[0]["details"]["top_tokens"] == [event["top_tokens"]]


def test_tgis_refusal_becomes_a_400_with_its_words() -> None:
    body = {
        "error": "Input validation error: `inputs` must have less than 1024 tokens. Given: 1416",
        "error_type": "validation",
    }
    response = generate(FakeClient([model_error(422, json.dumps(body))]), {"inputs": "x"})
    error = read(response)["error"]
    assert response.status == 400
    assert error["code"] == "context_length_exceeded"
    assert error["message"] == "`inputs` must have less than 1024 tokens. Given: 1416."


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({}, "inputs", "inputs is required: a non-empty string."),
        ({"inputs": ""}, "inputs", "inputs must not be an empty string."),
        ({"inputs": ["x"]}, "inputs", "inputs must be a non-empty string, not a list."),
        ({"inputs": "x", "parameters": None}, "parameters", "parameters must be an object, not null."),
        ({"inputs": "x", "stream": None}, "stream", "stream must be true or false, not null."),
        ({"inputs": "x", "prompt": "y"}, "prompt", "Unknown parameter: prompt. Known: inputs, parameters, stream."),
    ],
)
def test_a_wrong_body(body: object, param: str, message: str) -> None:
    response = generate(FakeClient([]), body)
    error = read(response)["error"]
    assert (response.status, error["param"], error["message"]) == (400, param, message)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", 0, "parameters.temperature must be a number greater than 0, not 0."),
        ("top_p", 1, "parameters.top_p must be a number greater than 0 and less than 1, not 1."),
        ("typical_p", 1.0, "parameters.typical_p must be a number greater than 0 and less than 1, not 1.0."),
        ("top_k", 0, "parameters.top_k must be an integer between 1 and 2147483647, not 0."),
        ("max_new_tokens", 0, "parameters.max_new_tokens must be an integer between 1 and 4294967295, not 0."),
        (
            "max_new_tokens",
            "20",
            'parameters.max_new_tokens must be an integer between 1 and 4294967295, not the string "20".',
        ),
        ("repetition_penalty", 0, "parameters.repetition_penalty must be a number greater than 0, not 0."),
        ("seed", -1, "parameters.seed must be an integer between 0 and 18446744073709551615, not -1."),
        ("stop", "###", 'parameters.stop must be a list of strings, not the string "###".'),
        ("do_sample", None, "parameters.do_sample must be true or false, not null."),
        ("details", 1, "parameters.details must be true or false, not 1."),
        ("stop_sequences", ["###"], "Unknown parameter: parameters.stop_sequences."),
    ],
)
def test_a_wrong_parameter(name: str, value: object, message: str) -> None:
    response = generate(FakeClient([]), {"inputs": "x", "parameters": {name: value}})
    error = read(response)["error"]
    assert response.status == 400
    assert error["param"] == f"parameters.{name}"
    assert error["message"].startswith(message)


@pytest.mark.parametrize(("model", "status"), [(CHAT, 400), (INSTRUCT, 200)])
def test_what_the_server_would_ignore_is_refused(model: str, status: int) -> None:
    client = FakeClient([answer(" a")])
    assert generate(client, {"inputs": "x", "parameters": {"frequency_penalty": 1}}, model).status == status
