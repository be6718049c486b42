"""The front as a Lambda function: API Gateway's event in, status, headers and a stream out, one line in the log."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import chat.host.handler
import pytest
from chat.front import load_models
from chat.host import request_log
from chat.host.event import ApiGatewayEvent
from chat.http import Body

from tests.unit.front_support import CHAT, FakeClient, answer, front, token

KEY = "abcdefghijklmnopqrstuvwxyz"
DESCRIBED = '"name":"x","endpoint":"e","container":"tgi","container_version":"1.4.0"'
ELSEWHERE = DESCRIBED.replace("tgi", "ollama")


class Context:
    aws_request_id = "lambda-request"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> FakeClient:
    fake = FakeClient([])
    target = front(fake)
    monkeypatch.setattr(chat.host.handler, "front", lambda: target)
    return fake


def event(method: str = "POST", resource: str = "/v1/chat/completions", **changes: Any) -> dict[str, Any]:
    body = json.dumps({"model": CHAT, "messages": [{"role": "user", "content": "secret question"}], "stream": True})
    return {
        "httpMethod": method,
        "path": resource,
        "resource": resource,
        "pathParameters": None,
        "headers": {"Authorization": f"Bearer {KEY}"},
        "body": body,
        "isBase64Encoded": False,
        "requestContext": {
            "requestId": "gateway-request",
            "stage": "live",
            "identity": {"apiKeyId": "key-id", "apiKey": KEY},
        },
        **changes,
    }


def log_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def body_of(response: dict[str, object]) -> Body:
    return cast(Body, response["body"])


def test_a_stream_goes_through_and_leaves_one_line_without_text(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    client.answers = [answer(" secret", " answer")]
    response = chat.host.handler.handler(event(), Context())
    assert response["statusCode"] == 200
    assert capsys.readouterr().out == ""
    body = b"".join(body_of(response))
    assert b"secret" in body
    (line,) = log_lines(capsys)
    assert KEY not in str(line)
    assert "secret" not in str(line)
    expected = {
        "request_id": "gateway-request",
        "client": "key-id",
        "route": "POST /v1/chat/completions",
        "status": 200,
        "outcome": "completed",
        "model": CHAT,
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "finish_reason": "stop",
    }
    assert {name: line[name] for name in expected} == expected
    assert line["duration_ms"] >= line["time_to_first_token_ms"] >= 0


def test_a_client_that_goes_away_is_logged_as_such(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.answers = [answer(" one", " two"), answer(" one")]
    response = chat.host.handler.handler(event(), Context())
    next(body_of(response))
    next(body_of(response))
    body_of(response).close()
    (line,) = log_lines(capsys)
    assert (line["outcome"], line["completion_tokens"]) == ("client_closed", 1)
    assert client.streams[0].closed
    body_of(chat.host.handler.handler(event(), Context())).close()
    assert [line["outcome"] for line in log_lines(capsys)] == ["client_closed"]
    assert client.streams[1].closed


def test_a_failure_is_logged_with_its_code(client: FakeClient, capsys: pytest.CaptureFixture[str]) -> None:
    client.answers = [[token(" secret")]]
    b"".join(body_of(chat.host.handler.handler(event(), Context())))
    (line,) = log_lines(capsys)
    assert (line["outcome"], line["error_code"], line["status"]) == ("failed", "generation_failed", 200)


def test_a_binary_event_and_a_custom_domain_with_a_base_path(client: FakeClient) -> None:
    client.answers = [answer(" Hi")]
    body = base64.b64encode(b'{"inputs": "x"}').decode()
    changes: dict[str, Any] = {
        "path": "/llm/models/falcon-180b",
        "pathParameters": {"model": "falcon-180b"},
        "isBase64Encoded": True,
    }
    response = chat.host.handler.handler(event(resource="/models/{model}", body=body, **changes), Context())
    assert json.loads(b"".join(body_of(response))) == [{"generated_text": " Hi"}]
    assert cast(dict[str, str], response["headers"])["x-request-id"] == "gateway-request"


def test_an_event_that_is_no_request_gets_an_empty_answer(
    client: FakeClient, capsys: pytest.CaptureFixture[str]
) -> None:
    response = chat.host.handler.handler({"invokeCompletionStatus": "SUCCESS"}, Context())
    assert (response["statusCode"], list(body_of(response))) == (200, [])
    assert [line["keys"] for line in log_lines(capsys)] == [["invokeCompletionStatus"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be a JSON list of models"),
        ('[{"name": "x"}]', "endpoint"),
        (f'[{{{DESCRIBED},"template":"llama","max_total_tokens":2,"max_input_tokens":1}}]', "llama"),
        (f'[{{{DESCRIBED},"template":null,"max_total_tokens":2,"max_input_tokens":3}}]', "between 1 and"),
        (
            f'[{{{ELSEWHERE},"template":null,"max_total_tokens":2,"max_input_tokens":1}}]',
            "'ollama' has no module",
        ),
    ],
)
def test_models_that_are_described_wrongly_stop_the_function_at_its_start(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_models(text)


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ({"identity": {"apiKeyId": "key-id"}}, "batch"),
        ({"identity": {"apiKeyId": "another"}}, "another"),
        ({"identity": {"userArn": "arn:aws:sts::1:assumed-role/app/x"}}, "arn:aws:sts::1:assumed-role/app/x"),
        ({"authorizer": {"client": "web"}, "identity": {}}, "web"),
        ({}, None),
    ],
)
def test_the_log_names_the_client(
    client: FakeClient,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    context: dict[str, object],
    name: str | None,
) -> None:
    monkeypatch.setattr(request_log, "CLIENTS", {"key-id": "batch"})

    list(body_of(chat.host.handler.handler(event("GET", "/v1/models", requestContext=context), Context())))

    assert log_lines(capsys)[-1]["client"] == name


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ((), "https://a.example.com", None),
        (("https://a.example.com",), "https://a.example.com", "https://a.example.com"),
        (("https://a.example.com",), "https://b.example.com", None),
        (("*",), "https://b.example.com", "*"),
    ],
)
def test_pages_of_allowed_origins_may_read_answers(
    client: FakeClient, monkeypatch: pytest.MonkeyPatch, origins: tuple[str, ...], origin: str, allowed: str | None
) -> None:
    monkeypatch.setattr(chat.host.handler, "CORS_ORIGINS", origins)

    response = chat.host.handler.handler(event("GET", "/v1/models", headers={"origin": origin}), Context())

    headers = cast(dict[str, str], response["headers"])
    assert headers.get("access-control-allow-origin") == allowed
    assert ("vary" in headers) == bool(origins)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-Stainless-Read-Timeout": "30.5"}, 30.5),
        ({"x-stainless-timeout": "600"}, 600.0),
        ({"x-stainless-timeout": "NOT_GIVEN"}, None),
        ({"x-stainless-timeout": "0"}, None),
        ({"x-stainless-timeout": "-1"}, None),
        ({"x-stainless-timeout": "1e9"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_clients_own_timeout_is_heard(headers: dict[str, str] | None, seconds: float | None) -> None:
    assert chat.host.handler.to_request(ApiGatewayEvent(event(headers=headers)), Context()).client_timeout == seconds
