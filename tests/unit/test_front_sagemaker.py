"""The adapter to SageMaker, read through botocore's own parser of event streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.eventstream import EventStream
from botocore.parsers import RestJSONParser
from botocore.session import get_session
from chat.errors import ApiError
from chat.serving.containers import container_of
from chat.serving.sagemaker import ByteStream, create_client
from urllib3.exceptions import ProtocolError

from tests.event_stream_support import exception, part

from .front_support import CHAT, model


class RawStream:
    """urllib3's response, as far as botocore reads it."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = chunks
        self.closed = False

    def stream(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    def close(self) -> None:
        self.closed = True


def byte_stream(raw: RawStream) -> ByteStream:
    operation = get_session().get_service_model("sagemaker-runtime").operation_model("InvokeEndpointWithResponseStream")
    parser = RestJSONParser()._event_stream_parser
    events = EventStream(raw, operation.get_event_stream_output(), parser, operation.name)
    return ByteStream(events, container_of(model(CHAT, None)))


def test_parts_come_as_they_are_and_closing_reaches_the_connection() -> None:
    raw = RawStream(part(b"abc")[:20], part(b"abc")[20:] + part(b"") + part(b"de"))
    stream = byte_stream(raw)
    assert list(stream) == [b"abc", b"de"]
    stream.close()
    assert raw.closed


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (
            exception(
                "ModelStreamError",
                Message="Your model primary did not complete sending the inference response in the allotted time.",
                ErrorCode="ModelInvocationTimeExceeded",
            ),
            "upstream_timeout",
        ),
        (exception("ModelStreamError", Message="broken", ErrorCode="StreamBroken"), "generation_failed"),
        (exception("InternalStreamFailure", Message="internal"), "generation_failed"),
        (ProtocolError("connection broken"), "upstream_failed"),
    ],
)
def test_a_stream_that_fails(failure: bytes | Exception, code: str) -> None:
    stream = byte_stream(RawStream(part(b"abc"), failure))
    assert next(stream) == b"abc"
    with pytest.raises(ApiError) as raised:
        next(stream)
    assert raised.value.kind.code == code


def test_the_client_never_sends_a_generation_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    client = create_client()
    config = cast(Any, client).meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout >= 70
