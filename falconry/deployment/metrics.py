"""Metrics of the gateway function and of SageMaker, from CloudWatch.

The front's metrics are in the namespace `Falconry` with the dimensions Deployment, or Deployment and Model
(lambda_src/chat/host/metrics.py); SageMaker's in its own, by endpoint and variant.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from falconry.names import INSTANCE_METRICS_NAMESPACE, METRICS_NAMESPACE

if TYPE_CHECKING:
    from falconry.deployment.deployed import DeployedEndpoint
    from falconry.target import Target

SUMS = {
    "requests": "Requests",
    "client_errors": "ClientErrors",
    "server_errors": "ServerErrors",
    "prompt_tokens": "PromptTokens",
    "completion_tokens": "CompletionTokens",
}
"""Fields of `Traffic`, and the front's metrics that are summed up in them."""

PERCENTILES = {"first_token_p50_ms": "p50", "first_token_p95_ms": "p95"}
_PERCENTILES_OF = "TimeToFirstToken"
_GPU = {"gpu_percent": "GPUUtilization", "gpu_memory_percent": "GPUMemoryUtilization"}
_QUERIES_AT_ONCE = 500
"""What GetMetricData takes in one call."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Traffic of one model, or of the deployment (`model` None). Times are None without an answer."""

    model: str | None
    requests: float = 0
    client_errors: float = 0
    server_errors: float = 0
    prompt_tokens: float = 0
    completion_tokens: float = 0
    first_token_p50_ms: float | None = None
    first_token_p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class GpuUse:
    """An endpoint's GPUs in the last hour. SageMaker adds its GPUs' percentages up: eight GPUs make 800."""

    model: str
    gpu_percent: float | None
    gpu_memory_percent: float | None


def traffic(target: Target, span: timedelta, models: Sequence[str]) -> list[Traffic]:
    """The deployment's traffic and each model's, from `span` ago until now."""
    queries = [
        _query(f"q{scope}_{field}", METRICS_NAMESPACE, metric, _dimensions(target, model), stat, span)
        for scope, model in enumerate((None, *models))
        for field, metric, stat in _fields()
    ]
    found = _ask(target, queries, span)
    return [
        Traffic(model, **{field: _value(found[f"q{scope}_{field}"], stat) for field, _, stat in _fields()})
        for scope, model in enumerate((None, *models))
    ]


def gpu_use(target: Target, endpoints: Iterable[DeployedEndpoint]) -> list[GpuUse]:
    """How busy the GPUs were in the last hour, on average."""
    listed, span = list(endpoints), timedelta(hours=1)
    queries = [
        _query(
            f"g{index}_{field}",
            INSTANCE_METRICS_NAMESPACE,
            metric,
            {"EndpointName": endpoint.name, "VariantName": endpoint.variant},
            "Average",
            span,
        )
        for index, endpoint in enumerate(listed)
        for field, metric in _GPU.items()
    ]
    found = _ask(target, queries, span)
    return [
        GpuUse(endpoint.model, **{field: _value(found[f"g{index}_{field}"], "Average") for field in _GPU})
        for index, endpoint in enumerate(listed)
    ]


def _fields() -> list[tuple[str, str, str]]:
    sums = [(field, metric, "Sum") for field, metric in SUMS.items()]
    return sums + [(field, _PERCENTILES_OF, stat) for field, stat in PERCENTILES.items()]


def _dimensions(target: Target, model: str | None) -> dict[str, str]:
    return {"Deployment": target.settings.name} | ({"Model": model} if model else {})


def _query(
    query_id: str, namespace: str, metric: str, dimensions: dict[str, str], stat: str, span: timedelta
) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": named},
            "Period": int(span.total_seconds()),
            "Stat": stat,
        },
    }


def _ask(target: Target, queries: list[dict[str, Any]], span: timedelta) -> dict[str, list[float]]:
    """The values of each query by its id; none where nothing was counted."""
    end = datetime.now(UTC)
    found: dict[str, list[float]] = {query["Id"]: [] for query in queries}
    client = target.client("cloudwatch")
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        part = queries[start : start + _QUERIES_AT_ONCE]
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=part, StartTime=end - span, EndTime=end + timedelta(seconds=1)
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                found[result["Id"]] += result["Values"]
    return found


def _value(values: list[float], stat: str) -> Any:
    """One value for the span. CloudWatch may cut it at a full hour or day: then a sum is of both parts, a percentile
    the higher one's."""
    if stat == "Sum":
        return sum(values)
    return max(values) if values else None
