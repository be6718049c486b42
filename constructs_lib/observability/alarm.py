"""An alarm: its metric, threshold and message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_cloudwatch as cloudwatch

Severity = Literal["page", "notice"]
"""page: callers are affected now, somebody is woken; notice: it can wait until the morning."""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """A row of the table in deployment_alarms.py.

    Attributes:
        kind: the name of the alarm and of its section in the runbook ("front-errors").
        message: what is wrong, in a sentence.
        metric: the value that is compared, over periods of five minutes.
        threshold: the first value that is in alarm.
        model: the model, for an alarm on one model.
        periods: how many periods in a row must be in alarm.
        below: whether values below the threshold are in alarm, instead of those at or above it.
        silence_breaches: whether missing data is in alarm. Default: no data means no requests.
    """

    kind: str
    severity: Severity
    message: str
    metric: cloudwatch.IMetric
    threshold: float
    model: str = ""
    periods: int = 2
    below: bool = False
    silence_breaches: bool = False

    @property
    def name(self) -> str:
        """The alarm's name after the deployment's."""
        return f"{self.kind}-{self.model}" if self.model else self.kind


Metrics = Mapping[str, cloudwatch.IMetric]
"""Metrics by the names that metric math has for them."""


def percentage(label: str, metrics: Metrics, *, at_least: int) -> cloudwatch.MathExpression:
    """The first of two metrics in percent of the second, or 0 as long as the first is below `at_least`."""
    part, whole = metrics
    return cloudwatch.MathExpression(
        expression=f"IF({part} >= {at_least}, 100 * {part} / {whole}, 0)", using_metrics=dict(metrics), label=label
    )


def total(label: str, metrics: Metrics) -> cloudwatch.MathExpression:
    """The sum of metrics of which some may have no data."""
    return cloudwatch.MathExpression(
        expression=f"SUM([{', '.join(f'FILL({name}, 0)' for name in metrics)}])",
        using_metrics=dict(metrics),
        label=label,
    )
