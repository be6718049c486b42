"""Every alarm of a deployment, as a table. docs/runbook.md has a section for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.api.front_metrics import FrontMetrics
from constructs_lib.observability.alarm import AlarmRow, Metrics, percentage, total
from constructs_lib.observability.observed import Observed, ObservedModel

FEW = 3
"""The fewest failures in a period that wake somebody: one failed request at night is not an outage."""

UNAVAILABLE = ("endpoint_not_found", "model_not_ready", "upstream_access_denied", "upstream_unavailable")
"""Error codes of a model that cannot be called at all. (`model_starting` is not one: it scales from zero.)"""

OVERLOADED = "model_overloaded"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Alarm thresholds. None: no such alarm."""

    server_error_percent: float
    overload_percent: float
    time_to_first_token_seconds: float
    front_concurrency_percent: float
    disk_percent: float
    gpu_memory_percent: float | None
    blocked_requests_per_5_minutes: float


def alarms_of(observed: Observed, thresholds: Thresholds) -> list[AlarmRow]:
    """All alarms of the deployment."""
    return [
        *_front_alarms(observed, thresholds),
        *_edge_alarms(observed, thresholds),
        *(alarm for model in observed.models for alarm in _model_alarms(observed.front, model, thresholds)),
    ]


def _front_alarms(observed: Observed, thresholds: Thresholds) -> Iterator[AlarmRow]:
    front = observed.front
    failed: Metrics = {"failed": front.metric_server_errors(), "requests": front.metric_requests()}
    yield AlarmRow(
        "front-errors",
        "page",
        f"At least {thresholds.server_error_percent:g}% of requests fail through no fault of the caller.",
        percentage("front-errors", failed, at_least=FEW),
        thresholds.server_error_percent,
    )
    codes: Metrics = {
        f"code{number}": front.metric_requests(error_code=code) for number, code in enumerate(UNAVAILABLE)
    }
    yield AlarmRow(
        "model-unavailable",
        "page",
        "A model's endpoint is missing, unreachable, or denies access.",
        total("model-unavailable", codes),
        FEW,
    )
    refused: Metrics = {"refused": front.metric_requests(error_code=OVERLOADED), "requests": front.metric_requests()}
    yield AlarmRow(
        "overload",
        "notice",
        f"At least {thresholds.overload_percent:g}% of requests were rejected for 15 minutes because a model was busy.",
        percentage("overload", refused, at_least=1),
        thresholds.overload_percent,
        periods=3,
    )
    if observed.audited:
        yield AlarmRow(
            "audit-failures",
            "page",
            "Audit records could not be written and are lost.",
            front.metric_audit_failures(),
            1,
            periods=1,
        )


def _edge_alarms(observed: Observed, thresholds: Thresholds) -> Iterator[AlarmRow]:
    """Alarms on API Gateway, AWS WAF and the Lambda functions."""
    failed: Metrics = {"failed": observed.api.metric_server_errors(), "requests": observed.api.metric_requests()}
    yield AlarmRow(
        "api-errors",
        "page",
        f"API Gateway answers at least {thresholds.server_error_percent:g}% of requests with a 5xx.",
        percentage("api-errors", failed, at_least=FEW),
        thresholds.server_error_percent,
    )
    yield AlarmRow(
        "front-crashes",
        "notice",
        "The gateway function crashed, timed out, or ran out of memory.",
        observed.front.metric_errors(),
        1,
        periods=1,
    )
    throttles: Metrics = {
        f"function{number}": function.metric_throttles() for number, function in enumerate(observed.functions)
    }
    yield AlarmRow(
        "throttled",
        "notice",
        "Lambda had no concurrency left for the gateway function or the authorizer.",
        total("throttled", throttles),
        1,
    )
    busy = observed.concurrency * thresholds.front_concurrency_percent / 100
    yield AlarmRow(
        "front-concurrency",
        "notice",
        f"At least {busy:g} of the gateway function's {observed.concurrency} concurrent executions are in use.",
        observed.front.metric_concurrent_executions(),
        busy,
    )
    if observed.web_acl:
        yield AlarmRow(
            "blocked-requests",
            "notice",
            f"AWS WAF blocked at least {thresholds.blocked_requests_per_5_minutes:g} requests in five minutes.",
            observed.web_acl.metric_blocked_requests(),
            thresholds.blocked_requests_per_5_minutes,
            periods=1,
        )


def _model_alarms(front: FrontMetrics, model: ObservedModel, thresholds: Thresholds) -> Iterator[AlarmRow]:
    name, endpoint = model.name, model.endpoint
    failed: Metrics = {"failed": endpoint.metric_server_errors(), "calls": endpoint.metric_invocations()}
    yield AlarmRow(
        "endpoint-errors",
        "page",
        f"{name}: at least {thresholds.server_error_percent:g}% of the endpoint's invocations fail with a 5xx.",
        percentage("endpoint-errors", failed, at_least=FEW),
        thresholds.server_error_percent,
        name,
    )
    if model.always_on:
        yield AlarmRow(
            "endpoint-silent",
            "page",
            f"{name}: no instance of the endpoint has reported a metric for 15 minutes.",
            endpoint.metric_instances(),
            1,
            name,
            periods=3,
            below=True,
            silence_breaches=True,
        )
    yield AlarmRow(
        "slow-first-token",
        "notice",
        f"{name}: the 95th percentile of the time to first token is at least "
        f"{thresholds.time_to_first_token_seconds:g} s.",
        front.metric_time_to_first_token(model=name),
        thresholds.time_to_first_token_seconds * 1000,
        name,
        periods=3,
    )
    yield AlarmRow(
        "disk",
        "notice",
        f"{name}: an instance's disk is at least {thresholds.disk_percent:g}% full.",
        endpoint.metric_disk_utilization(),
        thresholds.disk_percent,
        name,
        periods=3,
    )
    if thresholds.gpu_memory_percent is not None:
        yield AlarmRow(
            "gpu-memory",
            "notice",
            f"{name}: an instance's GPU memory is at least {thresholds.gpu_memory_percent:g}% full.",
            cloudwatch.MathExpression(
                expression=f"full / {model.gpu_count}",
                using_metrics={"full": endpoint.metric_gpu_memory_utilization(statistic="Maximum")},
                label="gpu-memory",
            ),
            thresholds.gpu_memory_percent,
            name,
            periods=3,
        )
