"""The audit log: a record of each request, with text only where the deployment says so, never at an answer's cost."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from chat.host import audit, handler, request_log
from chat.host.audit import AuditWriter

from .front_support import FakeClient, answer, front, model_error
from .test_front_handler import Context, body_of, event, log_lines

DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": "secret question"}}, "PutObject")


@dataclass
class Bucket:
    """botocore's `s3` client, with one bucket that takes what is put, or fails."""

    failure: Exception | None = None
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    def put_object(self, **request: Any) -> object:
        if self.failure is not None:
            raise self.failure
        assert request["Bucket"] == "audit"
        self.objects[request["Key"]] = json.loads(gzip.decompress(request["Body"]))
        return {}

    def only(self) -> tuple[str, dict[str, Any]]:
        ((key, record),) = self.objects.items()
        return key, record


def serve(client: FakeClient, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, *, content: bool, **body: Any) -> bytes:
    """What the client gets for a chat request to a deployment with an audit log."""
    monkeypatch.setattr(request_log, "DEPLOYMENT", "dev")
    monkeypatch.setattr(request_log, "AUDIT_LOG", AuditWriter("audit", bucket, content=content))
    target = front(client)
    monkeypatch.setattr(handler, "front", lambda: target)
    given = event()
    given["requestContext"]["identity"]["sourceIp"] = "192.0.2.7"
    given["body"] = json.dumps({**json.loads(given["body"]), **body})
    return b"".join(body_of(handler.handler(given, Context())))


def streamed() -> FakeClient:
    return FakeClient([answer("secret ", "answer")])


def test_a_record_says_who_what_and_when_and_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.25)

    serve(streamed(), bucket, monkeypatch, content=False)

    key, record = bucket.only()
    assert key == "2023/11/14/22/gateway-request.json.gz"
    assert record["time"] == "2023-11-14T22:13:20.250+00:00"
    assert (record["client"], record["source_ip"], record["status"]) == ("key-id", "192.0.2.7", 200)
    assert (record["model"], record["completion_tokens"], record["outcome"]) == ("falcon-180b-chat", 3, "completed")
    assert "secret" not in json.dumps(record)


@pytest.mark.parametrize("stream", [True, False])
def test_with_content_it_holds_both_sides_word_for_word(monkeypatch: pytest.MonkeyPatch, stream: bool) -> None:
    bucket = Bucket()

    sent = serve(streamed(), bucket, monkeypatch, content=True, stream=stream)

    _, record = bucket.only()
    assert json.loads(record["request"])["messages"] == [{"role": "user", "content": "secret question"}]
    assert record["answer"] == sent.decode()


def test_a_request_that_fails_is_recorded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()

    serve(FakeClient([model_error(429, '{"error_type":"overloaded"}')]), bucket, monkeypatch, content=True)

    _, record = bucket.only()
    assert (record["status"], record["error_code"]) == (429, "model_overloaded")


def test_a_client_that_went_away_leaves_a_record_of_what_it_got(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket()
    monkeypatch.setattr(request_log, "AUDIT_LOG", AuditWriter("audit", bucket, content=True))
    target = front(streamed())
    monkeypatch.setattr(handler, "front", lambda: target)
    body = body_of(handler.handler(event(), Context()))

    first = next(body)
    body.close()

    _, record = bucket.only()
    assert record["outcome"] == "client_closed"
    assert record["answer"] == first.decode()


@pytest.mark.parametrize(
    ("failure", "said"),
    [(DENIED, "AccessDenied"), (ConnectTimeoutError(endpoint_url="https://s3"), "ConnectTimeoutError")],
)
def test_a_record_that_cannot_be_written_is_counted_and_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], failure: Exception, said: str
) -> None:
    # GIVEN the same request with and without a bucket that refuses
    good = serve(streamed(), Bucket(), monkeypatch, content=True)
    written = log_lines(capsys)[-1]

    bad = serve(streamed(), Bucket(failure), monkeypatch, content=True)

    # THEN the caller sees no difference, and the log does
    failed = log_lines(capsys)[-1]
    assert bad == good
    assert (written["level"], written["AuditFailures"], written["outcome"]) == ("INFO", 0, "written")
    assert (failed["level"], failed["AuditFailures"], failed["error"]) == ("ERROR", 1, said)
    assert failed["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Deployment"]]
    assert "secret" not in json.dumps(failed)


def test_without_a_bucket_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(audit.BUCKET_VARIABLE, raising=False)

    assert audit.from_environment() is None
