"""Every alarm of a deployment, as a table. docs/runbook.md has a section for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.api.front_metrics import FrontMetrics
from constructs_lib.observability.alarm import AlarmRow, Metrics, percentage, total
from constructs_lib.observability.observed import Observed, ObservedModel

FEW = 3
"""Failures in a period below which nobody is woken: one unlucky request at night is no outage."""

UNAVAILABLE = ("endpoint_not_found", "model_not_ready", "upstream_access_denied", "upstream_unavailable")
"""The front's error codes that say that a model cannot be called at all. (`model_starting` is scaling from zero.)"""

OVERLOADED = "model_overloaded"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on alarms go off, as the settings have it; None: no such alarm."""

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
    share = f"{thresholds.server_error_percent:g} %"
    failed: Metrics = {"failed": front.metric_server_errors(), "requests": front.metric_requests()}
    yield AlarmRow(
        "front-errors",
        "page",
        f"At least {share} of the requests fail by no fault of the caller.",
        percentage("front-errors", failed, at_least=FEW),
        thresholds.server_error_percent,
    )
    codes: Metrics = {
        f"code{number}": front.metric_requests(error_code=code) for number, code in enumerate(UNAVAILABLE)
    }
    yield AlarmRow(
        "model-unavailable",
        "page",
        "A model's endpoint is gone, cannot be reached, or refuses the front.",
        total("model-unavailable", codes),
        FEW,
    )
    refused: Metrics = {"refused": front.metric_requests(error_code=OVERLOADED), "requests": front.metric_requests()}
    yield AlarmRow(
        "overload",
        "notice",
        f"For 15 minutes a model has refused {thresholds.overload_percent:g} % of the requests because it is busy.",
        percentage("overload", refused, at_least=1),
        thresholds.overload_percent,
        periods=3,
    )
    if observed.audited:
        yield AlarmRow(
            "audit-failures",
            "page",
            "Records of the audit log could not be written and are lost.",
            front.metric_audit_failures(),
            1,
            periods=1,
        )


def _edge_alarms(observed: Observed, thresholds: Thresholds) -> Iterator[AlarmRow]:
    """API Gateway, WAF and the functions behind the API."""
    failed: Metrics = {"failed": observed.api.metric_server_errors(), "requests": observed.api.metric_requests()}
    yield AlarmRow(
        "api-errors",
        "page",
        f"API Gateway answers at least {thresholds.server_error_percent:g} % of the requests with a 5xx.",
        percentage("api-errors", failed, at_least=FEW),
        thresholds.server_error_percent,
    )
    yield AlarmRow(
        "front-crashes",
        "notice",
        "The front's function crashed, ran out of time or out of memory.",
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
        "Lambda had no place left to run the front or the authorizer.",
        total("throttled", throttles),
        1,
    )
    places = observed.concurrency * thresholds.front_concurrency_percent / 100
    yield AlarmRow(
        "front-concurrency",
        "notice",
        f"{places:g} or more of the {observed.concurrency} fronts that may run at once are busy.",
        observed.front.metric_concurrent_executions(),
        places,
    )
    if observed.web_acl:
        yield AlarmRow(
            "blocked-requests",
            "notice",
            f"AWS WAF blocked {thresholds.blocked_requests_per_5_minutes:g} or more requests in five minutes.",
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
        f"{name}: at least {thresholds.server_error_percent:g} % of the calls of its endpoint end in a 5xx.",
        percentage("endpoint-errors", failed, at_least=FEW),
        thresholds.server_error_percent,
        name,
    )
    if model.always_on:
        yield AlarmRow(
            "endpoint-silent",
            "page",
            f"{name}: no instance of its endpoint has reported anything for 15 minutes.",
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
        f"{name}: one caller in twenty waits {thresholds.time_to_first_token_seconds:g} s or longer for the first "
        "token.",
        front.metric_time_to_first_token(model=name),
        thresholds.time_to_first_token_seconds * 1000,
        name,
        periods=3,
    )
    yield AlarmRow(
        "disk",
        "notice",
        f"{name}: an instance's disk is {thresholds.disk_percent:g} % full.",
        endpoint.metric_disk_utilization(),
        thresholds.disk_percent,
        name,
        periods=3,
    )
    if thresholds.gpu_memory_percent is not None:
        yield AlarmRow(
            "gpu-memory",
            "notice",
            f"{name}: the memory of an instance's GPUs is {thresholds.gpu_memory_percent:g} % full.",
            cloudwatch.MathExpression(
                expression=f"full / {model.gpu_count}",
                using_metrics={"full": endpoint.metric_gpu_memory_utilization(statistic="Maximum")},
                label="gpu-memory",
            ),
            thresholds.gpu_memory_percent,
            name,
            periods=3,
        )
