"""Every alarm of a deployment, as a table. docs/runbook.md has a section for each kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from constructs_lib.observability import metric
from constructs_lib.observability.alarm import Alarm, percent, total
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


def alarms_of(observed: Observed, thresholds: Thresholds) -> list[Alarm]:
    """All alarms of the deployment."""
    return [
        *_front(observed, thresholds),
        *_door(observed, thresholds),
        *(alarm for model in observed.models for alarm in _model(observed.deployment, model, thresholds)),
    ]


def _front(observed: Observed, thresholds: Thresholds) -> Iterator[Alarm]:
    def counted(name: str, **by: str) -> metric.Metric:
        return metric.of_front(observed.deployment, name, **by)

    share = f"{thresholds.server_error_percent:g} %"
    yield Alarm(
        "front-errors",
        "page",
        f"At least {share} of the requests fail by no fault of the caller.",
        {"failed": counted("ServerErrors"), "requests": counted("Requests")},
        thresholds.server_error_percent,
        expression=percent("failed", "requests", FEW),
    )
    codes = {f"code{number}": counted("Requests", ErrorCode=code) for number, code in enumerate(UNAVAILABLE)}
    yield Alarm(
        "model-unavailable",
        "page",
        "A model's endpoint is gone, cannot be reached, or refuses the front.",
        codes,
        FEW,
        expression=total(codes),
    )
    yield Alarm(
        "overload",
        "notice",
        f"For 15 minutes a model has refused {thresholds.overload_percent:g} % of the requests because it is busy.",
        {"refused": counted("Requests", ErrorCode=OVERLOADED), "requests": counted("Requests")},
        thresholds.overload_percent,
        expression=percent("refused", "requests", 1),
        periods=3,
    )
    if observed.audited:
        yield Alarm(
            "audit-failures",
            "page",
            "Records of the audit log could not be written and are lost.",
            {"lost": counted("AuditFailures")},
            1,
            periods=1,
        )


def _door(observed: Observed, thresholds: Thresholds) -> Iterator[Alarm]:
    """API Gateway, WAF and the functions behind the API."""
    yield Alarm(
        "api-errors",
        "page",
        f"API Gateway answers at least {thresholds.server_error_percent:g} % of the requests with a 5xx.",
        {
            "failed": metric.of_api(observed.api, "5XXError"),
            "requests": metric.of_api(observed.api, "Count").as_("SampleCount"),
        },
        thresholds.server_error_percent,
        expression=percent("failed", "requests", FEW),
    )
    yield Alarm(
        "front-crashes",
        "notice",
        "The front's function crashed, ran out of time or out of memory.",
        {"errors": metric.of_function(observed.front, "Errors")},
        1,
        periods=1,
    )
    functions = [name for name in (observed.front, observed.authorizer) if name]
    throttles = {f"function{number}": metric.of_function(name, "Throttles") for number, name in enumerate(functions)}
    yield Alarm(
        "throttled",
        "notice",
        "Lambda had no place left to run the front or the authorizer.",
        throttles,
        1,
        expression=total(throttles),
    )
    places = observed.concurrency * thresholds.front_concurrency_percent / 100
    yield Alarm(
        "front-concurrency",
        "notice",
        f"{places:g} or more of the {observed.concurrency} fronts that may run at once are busy.",
        {"busy": metric.of_function(observed.front, "ConcurrentExecutions").as_("Maximum")},
        places,
    )
    if observed.web_acl:
        yield Alarm(
            "blocked-requests",
            "notice",
            f"AWS WAF blocked {thresholds.blocked_requests_per_5_minutes:g} or more requests in five minutes.",
            {"blocked": metric.of_web_acl(observed.web_acl, observed.region, "BlockedRequests")},
            thresholds.blocked_requests_per_5_minutes,
            periods=1,
        )


def _model(deployment: str, model: ObservedModel, thresholds: Thresholds) -> Iterator[Alarm]:
    name = model.name
    yield Alarm(
        "endpoint-errors",
        "page",
        f"{name}: at least {thresholds.server_error_percent:g} % of the calls of its endpoint end in a 5xx.",
        {
            "failed": metric.of_endpoint(model.endpoint, "Invocation5XXErrors"),
            "calls": metric.of_endpoint(model.endpoint, "Invocations"),
        },
        thresholds.server_error_percent,
        name,
        percent("failed", "calls", FEW),
    )
    if model.always_on:
        yield Alarm(
            "endpoint-silent",
            "page",
            f"{name}: no instance of its endpoint has reported anything for 15 minutes.",
            {"reports": metric.of_instances(model.endpoint, "CPUUtilization").as_("SampleCount")},
            1,
            name,
            periods=3,
            below=True,
            missing="breaching",
        )
    yield Alarm(
        "slow-first-token",
        "notice",
        f"{name}: one caller in twenty waits {thresholds.time_to_first_token_seconds:g} s or longer for the first "
        "token.",
        {"wait": metric.of_front(deployment, "TimeToFirstToken", Model=name).as_("p95")},
        thresholds.time_to_first_token_seconds * 1000,
        name,
        periods=3,
    )
    yield Alarm(
        "disk",
        "notice",
        f"{name}: an instance's disk is {thresholds.disk_percent:g} % full.",
        {"full": metric.of_instances(model.endpoint, "DiskUtilization").as_("Maximum")},
        thresholds.disk_percent,
        name,
        periods=3,
    )
    if thresholds.gpu_memory_percent is not None:
        yield Alarm(
            "gpu-memory",
            "notice",
            f"{name}: the memory of an instance's GPUs is {thresholds.gpu_memory_percent:g} % full.",
            {"full": metric.of_instances(model.endpoint, "GPUMemoryUtilization").as_("Maximum")},
            thresholds.gpu_memory_percent,
            name,
            f"full / {model.gpu_count}",
            periods=3,
        )
