"""What a client is told when something is wrong: with the request, with the model, or on the way to it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from chat.errors import ErrorKind

from tests.unit.front_support import (
    BASE,
    CHAT,
    FakeClient,
    answer,
    chat,
    front,
    model_error,
    read,
    send,
    service_error,
    tgi_error,
)


def error_of(**body: Any) -> dict[str, Any]:
    """The error of a chat request that must fail without a call upstream."""
    client = FakeClient([])
    response = chat(front(client), **body)
    assert client.requests == []
    error: dict[str, Any] = read(response)["error"]
    assert response.status == (404 if error["code"] == "model_not_found" else 400)
    assert set(error) == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    return error


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({"temperature": "hot"}, "temperature", 'temperature must be a number between 0 and 2, not the string "hot".'),
        ({"temperature": 2.5}, "temperature", "temperature must be a number between 0 and 2, not 2.5."),
        ({"temperature": True}, "temperature", "temperature must be a number between 0 and 2, not true."),
        ({"top_p": -1}, "top_p", "top_p must be a number between 0 and 1, not -1."),
        ({"max_tokens": 0}, "max_tokens", "max_tokens must be an integer of at least 1, not 0."),
        ({"max_tokens": 5.0}, "max_tokens", "max_tokens must be an integer of at least 1, not 5.0."),
        (
            {"max_tokens": 5, "max_completion_tokens": 6},
            "max_tokens",
            "max_tokens is 5 and max_completion_tokens is 6; they mean the same. Give one of them.",
        ),
        ({"seed": 2**63}, "seed", "seed must be an integer between -9223372036854775808 and 9223372036854775807, not"),
        ({"stop": [1]}, "stop[0]", "stop[0] must be a string, not 1."),
        ({"stop": ""}, "stop", "stop must not be an empty string."),
        (
            {"stop": list("abcde")},
            "stop",
            "stop must be a non-empty string or a list of at most 4 strings, not 5 of them.",
        ),
        ({"stream": "yes"}, "stream", 'stream must be true or false, not the string "yes".'),
        ({"messages": []}, "messages", "messages must be a list of 1 or more objects, not an empty list."),
        ({"messages": None}, "messages", "messages is required: a list of 1 or more objects."),
        ({"messages": ["hi"]}, "messages[0]", 'messages[0] must be an object, not the string "hi".'),
        (
            {"messages": [{"role": "tool", "content": "x"}]},
            "messages[0].role",
            'messages[0].role must be one of system, developer, user, assistant, not the string "tool".',
        ),
        (
            {"messages": [{"role": "user", "content": 5}]},
            "messages[0].content",
            "messages[0].content must be a string or a list of text parts, not 5.",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
            "messages[0].content[0].type",
            'messages[0].content[0].type the string "image_url" is not supported: the Falcon models read text only.',
        ),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages[0].content", "half of a surrogate pair"),
        ({"presence_penalty": 0.5}, "presence_penalty", "Use repetition_penalty."),
        ({"n": 0}, "n", "n must be an integer between 1 and 128, not 0."),
        ({"top_logprobs": 2}, "top_logprobs", "top_logprobs is only allowed when logprobs is true."),
        ({"logprobs": True, "top_logprobs": 6}, "top_logprobs", "falcon-180b-chat returns 5 at most"),
        ({"tools": [{"type": "function"}]}, "tools", "not tuned to call tools"),
        ({"response_format": {"type": "json_object"}}, "response_format", "needs text-generation-inference 1.4.1"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "one of text, json_schema, json_object"),
        ({"tempratur": 1}, "tempratur", "Unknown parameter: tempratur. Did you mean temperature?"),
        ({"max_token": 1}, "max_token", "Did you mean max_tokens?"),
        ({"stream_options": {}}, "stream_options", "stream_options is only allowed when stream is true."),
        (
            {"stream": True, "stream_options": {"include_use": True}},
            "stream_options.include_use",
            "Did you mean stream_options.include_usage?",
        ),
        ({"model": 5}, "model", "model must be a string, not 5."),
        ({"model": BASE}, "model", "falcon-180b is a base model"),
        ({"max_tokens": 2048}, "max_tokens", "max_tokens is 2048; this model's maximum context length is 2048 tokens"),
    ],
)
def test_a_mistake_is_named_with_its_value_and_what_is_allowed(body: dict[str, Any], param: str, message: str) -> None:
    error = error_of(**body)
    assert error["param"] == param
    assert message in error["message"]


def test_a_base_model_says_which_one_chats() -> None:
    assert "Deployed here: falcon-180b-chat, falcon-7b-instruct." in error_of(model=BASE)["message"]


def test_an_unknown_model_names_the_most_similar_first() -> None:
    error = error_of(model="falcon-7b-instruc")
    assert error["code"] == "model_not_found"
    assert 'The model "falcon-7b-instruc" does not exist here. Deployed: falcon-7b-instruct,' in error["message"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'"text"', b'{"n": NaN}', b"\xff", b"[" * 100_000, b'{"n": ' + b"1" * 5000 + b"}"]
)
def test_a_body_that_is_no_json_object(body: bytes) -> None:
    response = send(front(FakeClient([])), "POST", "/v1/chat/completions", body)
    assert response.status == 400
    assert read(response)["error"]["code"] == "invalid_json"


@pytest.mark.parametrize("path", ["/v1/chat/completions", f"/models/{CHAT}"])
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (b"1e999", "1e999 is larger than any number that can be used."),
        (b"-1" + b"0" * 400 + b".5", "-1000000000000000000 is larger than any number that can be used."),
        (b"NaN", "NaN is not a number in JSON."),
    ],
)
def test_a_number_that_cannot_be_handed_on_is_refused_wherever_it_is(path: str, number: bytes, said: str) -> None:
    client = FakeClient([])
    body = b'{"inputs": "x", "parameters": {"grammar": {"x": [' + number + b"]}}}"
    response = send(front(client), "POST", path, body)
    assert response.status == 400
    assert read(response)["error"]["message"] == f"The body is not valid JSON: {said}"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("POST", "/v1/models", 405, "method_not_allowed"),
        ("POST", "/v1/embeddings", 404, "unknown_url"),
        ("GET", "/v1/models/nothing", 404, "model_not_found"),
        ("POST", "/models/nothing", 404, "model_not_found"),
    ],
)
def test_routes_that_do_not_exist(method: str, path: str, status: int, code: str) -> None:
    response = send(front(FakeClient([])), method, path, {})
    assert (response.status, read(response)["error"]["code"]) == (status, code)
    assert response.headers["x-request-id"] == "request-1"


GENERATION = '{"error":"Request failed during generation: x","error_type":"generation"}'
INCOMPLETE = '{"error":"Incomplete generation","error_type":"incomplete_generation"}'
NO_CAPACITY = "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress"
NOT_IN_SERVICE = "Endpoint e of account 123456789012 is not in service: its status is Creating."
NO_ENDPOINT = "Endpoint e of account 123456789012 not found."
TOO_SLOW = "Your model primary did not complete sending the inference response in the allotted time."
TIMED_OUT = "Your invocation timed out while waiting for a response from container primary."

UPSTREAM_FAILURES = [
    (model_error(429, '{"error":"Model is overloaded","error_type":"overloaded"}'), 429, "model_overloaded", "true"),
    (model_error(424, GENERATION), 502, "generation_failed", "false"),
    (model_error(500, INCOMPLETE), 502, "generation_failed", "false"),
    (model_error(0, TIMED_OUT), 504, "upstream_timeout", "false"),
    (model_error(413, "length limit exceeded"), 413, "request_too_large", None),
    (model_error(503, '{"error":"unhealthy","error_type":"healthcheck"}'), 503, "upstream_unavailable", "true"),
    (service_error("ThrottlingException", "Rate exceeded"), 429, "rate_limit_exceeded", "true"),
    (service_error("ModelNotReadyException", "not ready"), 503, "model_not_ready", "true"),
    (service_error("ServiceUnavailable", "try again"), 503, "upstream_unavailable", "true"),
    (service_error("InternalFailure", "in account 123456789012"), 502, "upstream_failed", "false"),
    (service_error("InternalDependencyException", "x"), 502, "upstream_failed", "false"),
    (service_error("AccessDeniedException", "arn:aws:sts::123456789012:x"), 500, "upstream_access_denied", "false"),
    (service_error("ValidationError", NO_CAPACITY), 503, "model_starting", "true"),
    (service_error("ValidationError", NOT_IN_SERVICE), 503, "model_starting", "true"),
    (service_error("ValidationError", NO_ENDPOINT), 503, "endpoint_not_found", "false"),
    (service_error("ModelStreamError", TOO_SLOW), 504, "upstream_timeout", "false"),
    (ReadTimeoutError(endpoint_url="https://secret"), 504, "upstream_timeout", "false"),
    (ConnectTimeoutError(endpoint_url="https://secret"), 503, "upstream_unavailable", "true"),
    (EndpointConnectionError(endpoint_url="https://secret"), 503, "upstream_unavailable", "true"),
    (ConnectionResetError("secret"), 502, "upstream_failed", "false"),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "status", "code", "should_retry"), UPSTREAM_FAILURES)
@pytest.mark.parametrize("where", ["before the stream", "in the stream"])
def test_a_failure_upstream(failure: Exception, status: int, code: str, should_retry: str | None, where: str) -> None:
    client = FakeClient([failure if where == "before the stream" else [failure]])
    response = chat(front(client), stream=True)
    body = read(response)
    assert (response.status, body["error"]["code"]) == (status, code)
    assert response.headers.get("x-should-retry") == should_retry
    assert len(client.requests) == 1
    for secret in ("123456789012", "secret", "console.aws", "container primary"):
        assert secret not in str(body) + str(response.headers)


def test_tgi_refusing_a_value_is_the_clients_error_in_tgis_words() -> None:
    refusal = tgi_error("Input validation error: `stop` supports up to 4 stop sequences. Given: 7", "validation")
    response = chat(front(FakeClient([[refusal]])))
    error = read(response)["error"]
    assert response.status == 400
    assert error["message"] == "`stop` supports up to 4 stop sequences. Given: 7."
    assert error["param"] == "stop"


def test_a_mistake_of_ours_is_a_500_that_tells_nothing() -> None:
    response = chat(front(FakeClient([KeyError("secret prompt")])))
    body = read(response)
    assert response.status == 500
    assert "secret" not in str(body)
    assert response.record.error_detail is not None
    assert response.record.error_detail.startswith("KeyError at front_support.py:")


def test_retrying_is_only_invited_where_nothing_was_generated() -> None:
    for kind in ErrorKind:
        if kind.status >= 500 or kind.status == 429:
            assert kind.should_retry is not None, f"{kind.code}: OpenAI's clients would replay it on their own"


def test_extra_fields_that_openai_clients_send_are_taken() -> None:
    client = FakeClient([answer(" Hi")])
    extras: dict[str, Any] = {
        "user": "u",
        "metadata": {"a": "b"},
        "n": 1,
        "logprobs": False,
        "tools": [],
        "tool_choice": "auto",
        "stop": None,
    }
    assert chat(front(client), model=CHAT, store=False, response_format={"type": "text"}, **extras).status == 200
