"""POST /v1/chat/completions, from the point of view of a client of OpenAI's SDK."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.unit.front_support import (
    CHAT,
    INSTRUCT,
    Clock,
    FakeClient,
    answer,
    chat,
    chunks,
    final,
    front,
    read,
    send,
    service_error,
    text_of,
    tgi_error,
    token,
)


def test_an_answer_has_the_shape_of_openai() -> None:
    client = FakeClient([answer(" Hello", ",", " Daniel", "!")])
    response = chat(front(client))
    body = read(response)
    assert response.status == 200
    assert response.headers == {"content-type": "application/json", "x-request-id": "request-1"}
    ChatCompletion.model_validate(body, strict=True)
    assert body == {
        "id": "chatcmpl-request-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": CHAT,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello, Daniel!", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
    }


def test_a_stream_has_the_shape_of_openai() -> None:
    client = FakeClient([answer(" Hello", " Daniel")])
    response = chat(front(client), stream=True, stream_options={"include_usage": True})
    events = chunks(response)
    assert response.status == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events.pop() == "[DONE]"
    for event in events:
        ChatCompletionChunk.model_validate(event, strict=True)
        assert (event["id"], event["created"], event["model"]) == ("chatcmpl-request-1", 1_700_000_000, CHAT)
    *with_choice, usage = events
    assert with_choice[0]["choices"][0]["delta"]["role"] == "assistant"
    assert ["role" in event["choices"][0]["delta"] for event in with_choice[1:]] == [False] * 3
    assert text_of(events) == "Hello Daniel"
    assert [event["choices"][0]["finish_reason"] for event in with_choice] == [None, None, None, "stop"]
    assert [event["usage"] for event in with_choice] == [None] * 4
    assert usage["choices"] == []
    assert usage["usage"] == {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}


def test_without_include_usage_no_chunk_mentions_it() -> None:
    events = chunks(chat(front(FakeClient([answer(" Hi")])), stream=True))
    assert events[-1] == "[DONE]"
    assert all("usage" not in event for event in events[:-1])


def test_each_piece_of_text_leaves_before_the_next_token_is_read() -> None:
    client = FakeClient([answer(" one", " two", " three")])
    response = chat(front(client), stream=True)
    read_by_then = [client.streams[0].delivered for _ in response.body]
    # The role and "one" after one part was read, then one more part for each piece, the finish reason and the end mark.
    assert read_by_then == [1, 1, 2, 3, 4, 4]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({}, {"do_sample": True}),
        ({"temperature": 0}, {"do_sample": False}),
        ({"temperature": 0, "top_p": 0.5, "top_k": 3, "seed": 4}, {"do_sample": False, "seed": 4}),
        ({"top_p": 0}, {"do_sample": False}),
        ({"temperature": 0.6, "top_p": 0.9}, {"do_sample": True, "temperature": 0.6, "top_p": 0.9}),
        ({"temperature": 1, "top_p": 1}, {"do_sample": True, "temperature": 1}),
        (
            {"top_k": 50, "typical_p": 0.2, "repetition_penalty": 1.1, "frequency_penalty": 0, "presence_penalty": 0},
            {"do_sample": True, "top_k": 50, "typical_p": 0.2, "repetition_penalty": 1.1},
        ),
    ],
)
def test_sampling_is_translated_for_tgi(asked: dict[str, Any], sent: dict[str, Any]) -> None:
    client = FakeClient([answer(" Hi")])
    assert chat(front(client), max_tokens=5, **asked).status == 200
    parameters = client.payload()["parameters"]
    always = {"max_new_tokens": 5, "details": True, "return_full_text": False}
    assert parameters == {**sent, **always, "stop": ["\nUser:", "\nSystem:", "\nFalcon:"]}


def test_the_call_upstream_is_a_stream_to_the_endpoint_of_the_model() -> None:
    client = FakeClient([answer(" Hi")])
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "Falcon?"}]},
        {"role": "assistant", "content": "A model.", "refusal": None, "tool_calls": None},
        {"role": "user", "content": "Thanks"},
    ]
    chat(front(client), messages=messages)
    assert client.requests[0]["EndpointName"] == "falconry-dev-falcon-180b-chat"
    assert client.payload()["stream"] is True
    prompt = "System: Be brief.\nUser: What is Falcon?\nFalcon: A model.\nUser: Thanks\nFalcon:"
    assert client.payload()["inputs"] == prompt


def test_frequency_penalty_is_for_servers_that_know_it() -> None:
    client = FakeClient([answer(" Hi")])
    assert chat(front(client), model=INSTRUCT, frequency_penalty=0.5).status == 200
    assert client.payload()["parameters"]["frequency_penalty"] == 0.5
    refused = read(chat(front(client), model=CHAT, frequency_penalty=0.5))["error"]
    assert refused["code"] == "unsupported_parameter"
    assert "1.4.1" in refused["message"]


def test_stops_of_template_and_client_end_the_answer_and_are_not_in_it() -> None:
    client = FakeClient([[token(" One"), token(" two"), token(" thr"), token("ee four"), token(" never read")]])
    body = read(chat(front(client), stop="three"))
    assert body["choices"][0]["message"]["content"] == "One two"
    assert body["choices"][0]["finish_reason"] == "stop"
    assert client.streams[0].closed
    assert client.streams[0].delivered == 4
    assert body["usage"]["completion_tokens"] == 4


def test_more_stops_than_the_server_takes_are_applied_here() -> None:
    client = FakeClient([[token(" a"), token("D"), token("b")]])
    body = read(chat(front(client, max_stop_sequences=4), stop=["A", "B", "C", "D"]))
    assert client.payload()["parameters"]["stop"] == ["\nUser:", "\nSystem:", "\nFalcon:", "A"]
    assert body["choices"][0]["message"]["content"] == "a"


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_that_tgi_found_is_cut_off_and_counted_by_tgi(stream: bool) -> None:
    parts = [token(" Hi"), token("."), token("\n"), token("User"), final(":", "stop_sequence", 5, input_length=9)]
    asked: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    response = chat(front(FakeClient([parts])), **asked)
    if stream:
        events = chunks(response)
        content, usage = text_of(events), events[-2]["usage"]
    else:
        body = read(response)
        content, usage = body["choices"][0]["message"]["content"], body["usage"]
    assert content == "Hi."
    assert usage == {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}


@pytest.mark.parametrize(
    ("parts", "content", "reason"),
    [
        ([token(" Hi"), final(" there", "length", 2)], "Hi there", "length"),
        ([token(" Hi "), final("<|endoftext|>", "length", 2, special=True)], "Hi", "stop"),
        ([token("  two spaces"), final("\n", "length", 2)], " two spaces\n", "length"),
        ([token(" caf"), token(""), token("é"), final("\ufffd", "length", 4)], "café", "length"),
        (
            [token(" Hi"), token(">>ANSWER<<", special=True), final("<|endoftext|>", "eos_token", 3, special=True)],
            "Hi",
            "stop",
        ),
        ([token(" partial \nUs"), final("<|endoftext|>", "eos_token", 2, special=True)], "partial \nUs", "stop"),
        ([final("<|endoftext|>", "eos_token", 1, special=True)], "", "stop"),
    ],
)
def test_what_a_client_sees_of_an_end(parts: list[bytes], content: str, reason: str) -> None:
    choice = read(chat(front(FakeClient([parts]))))["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == (content, reason)
    events = chunks(chat(front(FakeClient([parts])), stream=True))
    assert text_of(events) == content
    assert events[-2]["choices"][0]["finish_reason"] == reason


def test_an_answer_that_continues_the_assistant_keeps_its_space() -> None:
    messages = [{"role": "user", "content": "Count"}, {"role": "assistant", "content": "one"}]
    client = FakeClient([answer(" two")])
    assert read(chat(front(client), messages=messages))["choices"][0]["message"]["content"] == " two"
    assert client.payload()["inputs"] == "User: Count\nFalcon: one"


def test_without_a_count_from_tgi_the_prompt_is_estimated_and_marked() -> None:
    usage = read(chat(front(FakeClient([answer(" Hi", input_length=None)]))))["usage"]
    assert usage["prompt_tokens_estimated"] is True
    assert usage["prompt_tokens"] > 0


def test_a_failure_before_the_first_token_has_a_status_also_in_a_stream() -> None:
    client = FakeClient([[b":\n\n", tgi_error("Model is overloaded", "overloaded")]])
    response = chat(front(client), stream=True)
    assert response.status == 429
    assert response.headers["retry-after"] == "1"
    assert response.headers["x-should-retry"] == "true"
    assert read(response)["error"]["code"] == "model_overloaded"
    assert client.streams[0].closed


@pytest.mark.parametrize(
    "failure",
    [
        tgi_error("Request failed during generation: CUDA error", "generation"),
        service_error("ModelStreamError", "secret"),
        service_error("InternalStreamFailure", "secret"),
        OSError("secret"),
        ValueError("a mistake of ours, with a secret prompt"),
    ],
)
def test_a_failure_after_it_is_an_event_and_no_regular_end(failure: bytes | Exception) -> None:
    client = FakeClient([[token(" Hi"), failure]])
    response = chat(front(client), stream=True)
    assert response.status == 200
    events = chunks(response)
    assert text_of(events) == "Hi"
    assert set(events[-1]["error"]) == {"message", "type", "param", "code"}
    assert "secret" not in str(events)
    assert client.streams[0].closed
    assert response.record.error_code == events[-1]["error"]["code"]


def test_a_stream_that_just_ends_is_an_error() -> None:
    response = chat(front(FakeClient([[token(" Hi")]])))
    assert response.status == 502
    assert response.headers["x-should-retry"] == "false"
    assert chunks(chat(front(FakeClient([[token(" Hi")]])), stream=True))[-1]["error"]["code"] == "generation_failed"


def test_closing_the_body_closes_the_call_upstream() -> None:
    client = FakeClient([answer(" one", " two"), answer(" one", " two")])
    response = chat(front(client), stream=True)
    next(response.body)
    next(response.body)
    response.body.close()
    assert client.streams[0].closed
    assert client.streams[0].delivered == 1
    never_read = chat(front(client), stream=True)
    never_read.body.close()
    assert client.streams[1].closed


def test_the_deadline_ends_an_answer_with_length() -> None:
    clock = Clock()
    client = FakeClient([[token(" one"), token(" two"), lambda: clock.advance(470), token(" three"), token(" four")]])
    body = read_stream = chunks(chat(front(client, clock), stream=True))
    assert text_of(body) == "one two three"
    assert read_stream[-2]["choices"][0]["finish_reason"] == "length"
    assert read_stream[-1] == "[DONE]"
    assert client.streams[0].closed


def test_an_answer_in_one_piece_ends_before_api_gateway_takes_it_for_idle() -> None:
    clock = Clock()
    client = FakeClient([[token(" one"), lambda: clock.advance(290), b":\n\n", token(" two")]])
    assert read(chat(front(client, clock)))["choices"][0]["finish_reason"] == "length"


def test_the_deadline_of_the_host_counts_too() -> None:
    clock = Clock()
    client = FakeClient([[token(" one"), lambda: clock.advance(9), token(" two"), token(" three")]])
    choice = read(chat(front(client, clock), remaining_seconds=10))["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("one two", "length")


def test_no_token_before_the_deadline_is_an_error() -> None:
    clock = Clock()
    client = FakeClient([[lambda: clock.advance(290), b":\n\n", token(" late")]])
    response = chat(front(client, clock), stream=True)
    assert response.status == 504
    assert response.headers["x-should-retry"] == "false"
    assert read(response)["error"]["code"] == "deadline_exceeded"


def test_a_silent_model_keeps_the_stream_alive() -> None:
    client = FakeClient([[token(" one"), b":\n\n", *answer(" two")]])
    body = b"".join(chat(front(client), stream=True).body)
    assert b'"one"}' in body
    assert b": keep-alive\n\n" in body


def test_the_record_of_a_request_has_counts_and_no_text() -> None:
    response = chat(front(FakeClient([answer(" secret answer")])), messages=[{"role": "user", "content": "secret"}])
    read(response)
    fields = response.record.fields()
    assert "secret" not in str(fields)
    assert {
        name: fields[name] for name in ("model", "stream", "prompt_tokens", "completion_tokens", "finish_reason")
    } == {
        "model": CHAT,
        "stream": False,
        "prompt_tokens": 7,
        "completion_tokens": 2,
        "finish_reason": "stop",
    }


def test_models_are_listed_and_retrieved() -> None:
    target = front(FakeClient([]))
    listed = read(send(target, "GET", "/v1/models"))
    assert [item["id"] for item in listed["data"]] == ["falcon-180b-chat", "falcon-7b-instruct", "falcon-180b"]
    assert read(send(target, "GET", f"/v1/models/{CHAT}")) == listed["data"][0]
    assert set(listed["data"][0]) == {"id", "object", "created", "owned_by"}
