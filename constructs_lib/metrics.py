"""CloudWatch metrics of constructs, by fixed names, so that watching another stack needs no reference to it.

tests/infrastructure/emitted_metrics.yaml lists the metrics that exist, with their dimensions and sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from aws_cdk import aws_cloudwatch as cloudwatch


class MetricOptions(TypedDict, total=False):
    """What a `metric_*` method takes.

    Attributes:
        statistic: such as "Sum" or "p95". Default: the method's own.
        label: the metric's name in a graph.
    """

    statistic: str
    label: str


def metric(
    namespace: str, name: str, dimensions: Mapping[str, str], options: MetricOptions, *, statistic: str = "Sum"
) -> cloudwatch.Metric:
    """A metric by `statistic`, unless the options name another."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=options.get("statistic", statistic),
        label=options.get("label"),
    )
