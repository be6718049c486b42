"""Several answers to one chat request, and the probabilities of their tokens."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from .front_support import (
    INSTRUCT,
    Clock,
    FakeClient,
    Part,
    answer,
    chat,
    chunks,
    final,
    front,
    model_error,
    read,
    tgi_error,
    token,
)


def test_n_answers_stand_side_by_side() -> None:
    client = FakeClient([answer(" one"), answer(" two"), answer(" three")])
    body = read(chat(front(client), n=3, seed=-1))

    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert {choice["message"]["content"] for choice in body["choices"]} == {"one", "two", "three"}
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 6, "total_tokens": 13}
    # OpenAI's seeds may be negative, TGI's may not; and each answer has its own.
    seeds = {client.payload(number)["parameters"]["seed"] for number in range(3)}
    assert seeds == {2**64 - 1, 0, 1}


def test_the_calls_run_at_the_same_time() -> None:
    # GIVEN two answers that each wait for the other to have begun
    both = threading.Barrier(2, timeout=10)
    client = FakeClient([[both.wait, *answer(" a")], [both.wait, *answer(" b")]])
    assert len(read(chat(front(client), n=2))["choices"]) == 2


def test_a_stream_says_which_answer_each_chunk_belongs_to() -> None:
    client = FakeClient([answer(" one", " 1"), answer(" two", " 2")])
    events = chunks(chat(front(client), n=2, stream=True, stream_options={"include_usage": True}))

    texts: dict[int, str] = {0: "", 1: ""}
    reasons = {}
    for event in events[:-2]:
        (choice,) = event["choices"]
        texts[choice["index"]] += choice["delta"].get("content") or ""
        if choice["finish_reason"]:
            assert choice["index"] not in reasons
            reasons[choice["index"]] = choice["finish_reason"]
    assert sorted(texts.values()) == ["one 1", "two 2"]
    assert reasons == {0: "stop", 1: "stop"}
    assert events[-2]["usage"]["completion_tokens"] == 6


def test_one_that_fails_before_the_first_token_fails_the_request_and_ends_the_others() -> None:
    client = FakeClient([answer(" fine"), model_error(500, "CUDA out of memory"), answer(" fine")])
    response = chat(front(client), n=3)

    assert (response.status, read(response)["error"]["code"]) == (502, "generation_failed")
    assert all(stream.closed for stream in client.streams)


def test_one_that_breaks_ends_the_stream_with_an_error() -> None:
    client = FakeClient([[token(" a"), tgi_error("Request failed during generation", "generation")], answer(" b")])
    events = chunks(chat(front(client), n=2, stream=True))
    assert events[-1]["error"]["code"] == "generation_failed"
    assert "[DONE]" not in events
    assert all(stream.closed for stream in client.streams)


def test_a_client_that_leaves_ends_them_all() -> None:
    first_read = threading.Event()
    waiting: list[Part] = [token(" a"), lambda: first_read.wait(10), *answer(" b")]
    client = FakeClient([list(waiting), list(waiting)])
    response = chat(front(client), n=2, stream=True)
    next(response.body)
    response.body.close()
    first_read.set()
    assert all(stream.closed for stream in client.streams)


def test_each_token_is_returned_with_its_probability() -> None:
    parts = [
        token(" Par", logprob=-0.5, top=[(" Par", -0.5), (" Lon", -1.0)]),
        token("is", logprob=-0.25, top=[("is", -0.25), ("ma", -2.0)]),
        token("\n", logprob=-0.1),
        final("User:", "stop_sequence", 4),
    ]
    client = FakeClient([parts])
    (choice,) = read(chat(front(client), logprobs=True, top_logprobs=2))["choices"]

    assert choice["message"]["content"] == "Paris"
    # The stop's tokens are no part of the answer, so neither are their probabilities.
    assert [item["token"] for item in choice["logprobs"]["content"]] == [" Par", "is"]
    assert choice["logprobs"]["content"][0] == {
        "token": " Par",
        "logprob": -0.5,
        "bytes": [32, 80, 97, 114],
        "top_logprobs": [
            {"token": " Par", "logprob": -0.5, "bytes": [32, 80, 97, 114]},
            {"token": " Lon", "logprob": -1.0, "bytes": [32, 76, 111, 110]},
        ],
    }
    assert choice["logprobs"]["refusal"] is None
    assert client.payload()["parameters"]["top_n_tokens"] == 2


def test_a_token_that_was_excluded_has_the_lowest_probability_there_is() -> None:
    # GIVEN one of the likeliest tokens excluded by a grammar or by top_k, which TGI tells as null
    excluded = token(" Par", top=[(" Par", 0.0), (" Lon", -1.0)]).replace(b'"logprob": -1.0', b'"logprob": null')
    parts = [excluded, final("is", "length", 2)]
    (choice,) = read(chat(front(FakeClient([parts])), logprobs=True, top_logprobs=2))["choices"]

    assert [one["logprob"] for one in choice["logprobs"]["content"][0]["top_logprobs"]] == [0.0, -9999.0]


def test_in_a_stream_they_come_with_the_text_that_they_complete() -> None:
    # GIVEN "\nUs" is held back, since it may become the stop "\nUser:"
    parts = [token(" One"), token("\n"), token("Us"), token("ers"), final(".", "length", 5)]
    events = chunks(chat(front(FakeClient([parts])), logprobs=True, stream=True))

    deltas = [
        (event["choices"][0]["delta"].get("content"), [item["token"] for item in logprobs["content"]])
        for event in events[:-1]
        if (logprobs := event["choices"][0]["logprobs"])
    ]
    assert deltas == [("One", [" One"]), ("\nUsers", ["\n", "Us", "ers"]), (".", ["."])]


@pytest.mark.parametrize("stream", [False, True])
def test_a_schema_becomes_a_grammar(stream: bool) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    client = FakeClient([answer(' {"city": "Paris"}')])
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": schema}}
    response = chat(front(client), model=INSTRUCT, response_format=wanted, stream=stream)

    assert response.status == 200
    assert client.payload()["parameters"]["grammar"] == {"type": "json", "value": schema}


@pytest.mark.parametrize("kind", ["json_object", "json", "regex"])
def test_the_formats_of_tgis_own_chat_route_are_taken_too(kind: str) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    client = FakeClient([answer(' {"city": "Paris"}')])
    value = "[a-z]+" if kind == "regex" else schema
    response = chat(front(client), model=INSTRUCT, response_format={"type": kind, "value": value})

    assert response.status == 200
    wanted = {"type": "regex" if kind == "regex" else "json", "value": value}
    assert client.payload()["parameters"]["grammar"] == wanted


@pytest.mark.parametrize(
    ("response_format", "param", "message"),
    [
        (
            {"type": "xml"},
            "response_format.type",
            'must be one of text, json_schema, json_object, json, regex, not "xml"',
        ),
        ({"type": "json", "value": "{}"}, "response_format.value", "must be a JSON schema, not the string"),
        ({"type": "regex", "value": {}}, "response_format.value", "must be a regular expression, not an object"),
        ({"type": "json_object"}, "response_format.type", "has to know the object's properties"),
        ({"type": "json_schema"}, "response_format.json_schema", "is required: an object with name and schema."),
        ({"type": "json_schema", "json_schema": {"name": "a"}}, "response_format.json_schema.schema", "is required"),
        (
            {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "array"}}},
            "response_format.json_schema.schema",
            "must describe an object and name its properties",
        ),
    ],
)
def test_a_format_that_cannot_be_had_is_refused(response_format: dict[str, Any], param: str, message: str) -> None:
    response = chat(front(FakeClient([])), model=INSTRUCT, response_format=response_format)
    error = read(response)["error"]
    assert (response.status, error["param"]) == (400, param)
    assert message in error["message"]


def test_a_long_prefill_gets_its_status_line_and_comments() -> None:
    clock = Clock()
    wait: list[Part] = [lambda: clock.advance(15), b":\n\n"]
    client = FakeClient([[*wait, *wait, *wait, *answer(" late")]])
    response = chat(front(client, clock), stream=True)
    raw = b"".join(response.body).decode()

    # The status line went out at the second keep-alive, 30 s; from then on each one is passed on.
    assert response.status == 200
    assert raw.count(": keep-alive\n\n") == 2
    assert '"content":"late"' in raw


def test_a_prefill_that_fails_soon_has_a_status_of_its_own() -> None:
    clock = Clock()
    client = FakeClient([[lambda: clock.advance(15), b":\n\n", tgi_error("Model is overloaded", "overloaded")]])
    assert chat(front(client, clock), stream=True).status == 429


def test_a_prefill_that_never_ends_is_an_error_not_an_empty_answer() -> None:
    clock = Clock()
    parts: list[Part] = []
    for _ in range(40):
        parts += [lambda: clock.advance(15), b":\n\n"]
    client = FakeClient([parts])
    events = chunks(chat(front(client, clock), stream=True))
    assert events[-1]["error"]["code"] == "deadline_exceeded"
    assert client.streams[0].closed


def test_an_answer_in_one_piece_ends_before_the_client_gives_up() -> None:
    # GIVEN a client that waits 10 seconds, and a token a second
    clock = Clock()
    parts: list[Part] = []
    for _ in range(20):
        parts += [lambda: clock.advance(1), token(" x")]
    body = read(chat(front(FakeClient([parts]), clock), client_timeout=10.0))

    # THEN it gets what there is after 8
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 8


def test_a_stream_may_take_longer_than_the_client_waits_for_a_byte() -> None:
    clock = Clock()
    parts: list[Part] = []
    for _ in range(20):
        parts += [lambda: clock.advance(1), token(" x")]
    parts.append(final(".", "length", 21))
    events = chunks(chat(front(FakeClient([parts]), clock), client_timeout=10.0, stream=True))
    assert events[-1] == "[DONE]"
    assert sum(bool(event["choices"][0]["delta"].get("content")) for event in events[:-1]) == 21
