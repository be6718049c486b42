"""The parts of the emulated API Gateway that need no network: policies, preludes, throttles, quotas, definitions."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from local_aws.data_plane.api_gateway.definition import (
    FunctionTarget,
    Stage,
    Throttle,
    UnsupportedDefinitionError,
    integration_from_api,
)
from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.api_gateway.policy import Decision, InvalidPolicyError, evaluate
from local_aws.data_plane.api_gateway.proxy_response import MalformedResponseError, PreludeReader, parse_buffered
from local_aws.data_plane.api_gateway.usage_plans import ApiKey, Meter, Quota, UsagePlan, period_start

ARN = "arn:aws:execute-api:eu-central-1:123456789012:abc/live/POST/v1/chat"
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:front"


def statement(effect: str, resource: Any, action: Any = "execute-api:Invoke", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([statement("Allow", "*")], Decision.ALLOW),
        ([statement("Allow", ARN)], Decision.ALLOW),
        ([statement("Allow", [ARN[:-4] + "????"], "Execute-API:*")], Decision.ALLOW),
        (statement("Allow", "arn:aws:execute-api:*:*:abc/live/*/v1/*"), Decision.ALLOW),
        ([statement("Allow", "arn:aws:execute-api:*:*:abc/live/GET/*")], Decision.IMPLICIT_DENY),
        ([statement("Allow", "*", "s3:GetObject")], Decision.IMPLICIT_DENY),
        ([statement("Allow", "*"), statement("Deny", "*/v1/chat")], Decision.EXPLICIT_DENY),
        ([statement("Deny", "*"), statement("Allow", "*")], Decision.EXPLICIT_DENY),
        ([statement("Allow", "*", Condition={"Bool": {"a": "b"}})], Decision.IMPLICIT_DENY),
    ],
)
def test_a_policys_verdict(statements: Any, decision: Decision) -> None:
    assert evaluate({"Statement": statements}, ARN) is decision


@pytest.mark.parametrize("policy", ["Allow", {}, {"Statement": []}, {"Statement": [{"Effect": "Maybe"}]}])
def test_what_is_no_policy(policy: Any) -> None:
    with pytest.raises(InvalidPolicyError):
        evaluate(policy, ARN)


@pytest.mark.parametrize("size", [1, 3, 8, 1000])
def test_a_prelude_is_found_wherever_the_chunks_are_cut(size: int) -> None:
    data = b'{"statusCode": 200, "headers": {"A": "b"}}' + bytes(8) + b"\0body"
    reader = PreludeReader(16384)
    body = b""
    answer = None
    for start in range(0, len(data), size):
        chunk = data[start : start + size]
        if answer is not None:
            body += chunk
            continue
        found = reader.feed(chunk)
        if found is not None:
            answer, body = found
    assert answer is not None
    assert (answer.status, answer.headers, body) == (200, [("A", "b")], b"\0body")


def test_a_prelude_must_end_within_its_limit() -> None:
    fits = b"{" + b" " * 90 + b"}" + bytes(8)
    assert PreludeReader(100).feed(fits) is not None
    with pytest.raises(MalformedResponseError, match="99 bytes"):
        PreludeReader(99).feed(fits)


@pytest.mark.parametrize(
    "payload",
    [
        b"text",
        b"[]",
        b'{"statusCode": "many"}',
        b'{"statusCode": 99}',
        b'{"other": 1}',
        b'{"body": 1}',
        b'{"headers": []}',
    ],
)
def test_a_malformed_proxy_response(payload: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        parse_buffered(payload, decode_binary=False)


def test_base64_is_decoded_only_for_binary_media_types() -> None:
    payload = b'{"body": "aGk=", "isBase64Encoded": true}'
    assert parse_buffered(payload, decode_binary=True).body == b"hi"
    assert parse_buffered(payload, decode_binary=False).body == b"aGk="


def test_a_token_bucket_holds_the_burst_and_is_refilled_with_the_rate() -> None:
    now = [100.0]
    meter = Meter(lambda: now[0])

    def taken(times: int) -> int:
        """How many of so many requests pass."""
        passed = 0
        for _ in range(times):
            with contextlib.suppress(GatewayError):
                meter.take_token(Throttle(2.0, 3), "key")
                passed += 1
        return passed

    assert taken(5) == 3
    now[0] += 0.5
    assert taken(5) == 1
    now[0] += 1000
    assert taken(5) == 3
    with pytest.raises(GatewayError, match="THROTTLED"):
        meter.take_token(Throttle(2.0, 3), "key")
    meter.take_token(Throttle(2.0, 3), "another key")


def test_a_quota_begins_anew_with_its_period() -> None:
    now = [datetime(2026, 3, 4, 23, 59, tzinfo=UTC).timestamp()]
    meter = Meter(lambda: now[0])
    plan = UsagePlan("plan", {}, Throttle(None, None), Quota(2, 0, "DAY"), frozenset({"key"}))
    key = ApiKey("key", "value", enabled=True)
    meter.take_quota(plan, key)
    meter.take_quota(plan, key)
    with pytest.raises(GatewayError, match="QUOTA_EXCEEDED"):
        meter.take_quota(plan, key)
    now[0] += 60
    meter.take_quota(plan, key)


@pytest.mark.parametrize(
    ("quota", "start"),
    [
        (Quota(1, 0, "DAY"), datetime(2026, 3, 4, tzinfo=UTC)),
        (Quota(1, 0, "WEEK"), datetime(2026, 3, 1, tzinfo=UTC)),
        (Quota(1, 1, "WEEK"), datetime(2026, 3, 2, tzinfo=UTC)),
        (Quota(1, 0, "MONTH"), datetime(2026, 3, 1, tzinfo=UTC)),
        (Quota(1, 9, "MONTH"), datetime(2026, 2, 10, tzinfo=UTC)),
    ],
)
def test_when_a_quotas_period_began(quota: Quota, start: datetime) -> None:
    assert period_start(quota, datetime(2026, 3, 4, 5, 6, tzinfo=UTC)) == start


def test_a_streaming_integration_is_known_by_its_uri() -> None:
    path = f"2021-11-15/functions/{FUNCTION}:${{stageVariables.alias}}/response-streaming-invocations"
    uri = f"arn:aws:apigateway:eu-central-1:lambda:path/{path}"
    item = {"type": "AWS_PROXY", "uri": uri, "timeoutInMillis": 900_000}
    integration = integration_from_api(item, {"alias": "live"}, "POST /")
    assert (integration.streaming, integration.timeout_seconds) == (True, 900.0)
    assert integration.function == FunctionTarget("front", "live")


def test_what_is_not_emulated_is_refused_with_its_place() -> None:
    with pytest.raises(UnsupportedDefinitionError, match=r"GET /a: integration type 'HTTP_PROXY'"):
        integration_from_api({"type": "HTTP_PROXY", "uri": "https://example.com"}, {}, "GET /a")


def test_a_stages_method_settings() -> None:
    settings = {
        "*/*": {"throttlingRateLimit": 10.0, "throttlingBurstLimit": 5},
        "~1v1~1chat/POST": {"throttlingRateLimit": 1.0, "throttlingBurstLimit": 1},
        "v1/models/GET": {"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1},
    }
    stage = Stage.from_api({"stageName": "live", "methodSettings": settings})
    assert stage.throttles == {"*/*": Throttle(10.0, 5), "/v1/chat/POST": Throttle(1.0, 1)}
