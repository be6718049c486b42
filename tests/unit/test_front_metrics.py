"""What the log line of a request holds, what CloudWatch makes of it, and what X-Ray is told."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from chat.host import handler, metrics, request_log, tracing
from chat.record import Record
from jsonschema import validate

from .front_support import FakeClient, answer, front, tgi_error, token
from .test_front_handler import Context, body_of, event

EMF_SCHEMA = {
    # Amazon CloudWatch user guide, "Embedded metric format: specification", the parts that are used here.
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 0},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "properties": {
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"type": "array", "maxItems": 30, "items": {"type": "string"}},
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "properties": {"Unit": {"enum": ["Count", "Milliseconds", "Count/Second", "None"]}},
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}


def line_of(
    client: FakeClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **body: Any
) -> Any:
    """The log line of one chat request to the deployment `dev`."""
    monkeypatch.setattr(request_log, "DEPLOYMENT", "dev")
    monkeypatch.setattr(request_log, "CLIENTS", {"key-1": "website"})
    monkeypatch.setattr(handler, "front", lambda: front(client))
    request = {"model": "falcon-180b-chat", "messages": [{"role": "user", "content": "Tell me a SECRET"}], **body}
    context = {"requestId": "gateway-request", "identity": {"apiKeyId": "key-1"}}
    b"".join(body_of(handler.handler(event(body=json.dumps(request), requestContext=context), Context())))
    (line,) = capsys.readouterr().out.splitlines()
    return json.loads(line)


def test_a_request_is_one_line_with_its_metrics(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = line_of(FakeClient([answer(" The", " ANSWER")]), monkeypatch, capsys)

    validate(line, EMF_SCHEMA)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Falconry"
    assert directive["Dimensions"] == [["Deployment"], ["Deployment", "Model"], ["Deployment", "Client"]]
    names = {metric["Name"] for metric in directive["Metrics"]}
    assert names == {
        "Requests",
        "ClientErrors",
        "ServerErrors",
        "Duration",
        "TimeToFirstToken",
        "PromptTokens",
        "CompletionTokens",
        "TokensPerSecond",
    }
    assert (line["Deployment"], line["Model"], line["Client"]) == ("dev", "falcon-180b-chat", "website")
    assert (line["Requests"], line["ClientErrors"], line["ServerErrors"]) == (1, 0, 0)
    assert (line["PromptTokens"], line["CompletionTokens"]) == (7, 3)
    # Every name that CloudWatch is told of has a value in the line: a number for a metric, text for a dimension.
    assert all(isinstance(line[name], int | float) for name in names)
    assert "SECRET" not in json.dumps(line)
    assert "ANSWER" not in json.dumps(line)


@pytest.mark.parametrize(
    ("client", "body", "code", "counted"),
    [
        (FakeClient([]), {"temperature": 9}, "invalid_value", (1, 0)),
        (FakeClient([[tgi_error("Request failed", "generation")]]), {}, "generation_failed", (0, 1)),
        # The status line said 200; the answer was none all the same.
        (FakeClient([[token(" a")]]), {"stream": True}, "generation_failed", (0, 1)),
    ],
)
def test_errors_are_counted_by_whose_they_are_and_by_code(
    client: FakeClient,
    body: dict[str, Any],
    code: str,
    counted: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = line_of(client, monkeypatch, capsys, **body)

    validate(line, EMF_SCHEMA)
    assert (line["ClientErrors"], line["ServerErrors"]) == counted
    assert line["ErrorCode"] == line["error_code"] == code
    assert line["_aws"]["CloudWatchMetrics"][1] == {
        "Namespace": "Falconry",
        "Dimensions": [["Deployment", "ErrorCode"]],
        "Metrics": [{"Name": "Requests", "Unit": "Count"}],
    }


def test_a_request_without_model_and_client_counts_for_the_deployment() -> None:
    line = metrics.embedded(Record(), deployment="dev", client=None, status=404, milliseconds=1)
    text = json.dumps(line)
    assert '"Dimensions": [["Deployment"]]' in text
    assert '"Model"' not in text


def test_the_trace_gets_the_models_part(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", f"127.0.0.1:{daemon.getsockname()[1]}")
        monkeypatch.setenv(
            "_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
        )
        record = Record(model="falcon-180b-chat", completion_tokens=5, error_code="generation_failed")
        tracing.send(record)
        header, document = daemon.recv(65536).split(b"\n", 1)

    assert json.loads(header) == {"format": "json", "version": 1}
    segment = json.loads(document)
    assert segment["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert segment["parent_id"] == "53995c3f42cd8ad8"
    assert (segment["name"], segment["type"], segment["fault"]) == ("falcon-180b-chat", "subsegment", True)
    assert segment["annotations"]["completion_tokens"] == 5
    assert 0 <= segment["end_time"] - segment["start_time"] < 60
    assert len(segment["id"]) == 16


@pytest.mark.parametrize("header", ["", "Root=1-a;Parent=b;Sampled=0", "nonsense"])
def test_what_is_not_sampled_is_not_sent(header: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:1")

    def refuse(*_: object) -> socket.socket:
        raise AssertionError("a segment was sent")

    monkeypatch.setattr(socket, "socket", refuse)
    tracing.send(Record(model="falcon-7b"))


def test_the_line_of_a_refused_request_has_what_was_known_by_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    line = line_of(FakeClient([]), monkeypatch, capsys, stream=True, n=2, messages=[{"role": "nobody"}])

    assert (line["model"], line["stream"], line["choices"]) == ("falcon-180b-chat", True, 2)
    assert (line["status"], line["error_param"]) == (400, "messages[0].role")
