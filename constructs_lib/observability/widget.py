"""Widgets of a dashboard, alike in size, period and axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

COLUMNS = 24
"""A dashboard's width."""

HEIGHT = 6
"""A graph's."""

PERIOD = Duration.minutes(1)
"""The period of a point in a graph. It overrides the CDK's default, which the metrics have."""


@dataclass(frozen=True, slots=True)
class Widgets:
    """A factory of widgets for metrics of one region."""

    region: str

    def graph(
        self,
        title: str,
        unit: str,
        lines: Sequence[cloudwatch.IMetric],
        *,
        width: int = 8,
        stacked: bool = False,
        limit: tuple[str, float] | None = None,
    ) -> cloudwatch.GraphWidget:
        """Lines over time. `unit` labels the axis; `limit` is a horizontal line with its label."""
        return cloudwatch.GraphWidget(
            title=title,
            region=self.region,
            width=width,
            height=HEIGHT,
            stacked=stacked,
            period=PERIOD,
            left=list(lines),
            left_y_axis=cloudwatch.YAxisProps(label=unit, show_units=False, min=0),
            left_annotations=[cloudwatch.HorizontalAnnotation(label=limit[0], value=limit[1])] if limit else None,
        )

    def numbers(self, title: str, lines: Sequence[cloudwatch.IMetric]) -> cloudwatch.SingleValueWidget:
        """The latest values, as numbers."""
        return cloudwatch.SingleValueWidget(
            title=title, region=self.region, width=8, height=3, period=PERIOD, metrics=list(lines)
        )


def text(markdown: str) -> cloudwatch.TextWidget:
    """A line of text across the dashboard."""
    return cloudwatch.TextWidget(markdown=markdown, width=COLUMNS, height=2)


def alarms(title: str, watched: Sequence[cloudwatch.IAlarm]) -> cloudwatch.AlarmStatusWidget:
    """The states of alarms."""
    return cloudwatch.AlarmStatusWidget(title=title, alarms=list(watched), width=COLUMNS, height=2 + len(watched) // 6)


def expression(formula: str, label: str, **metrics: cloudwatch.IMetric) -> cloudwatch.MathExpression:
    """Metric math over metrics that are not drawn themselves."""
    return cloudwatch.MathExpression(expression=formula, label=label, using_metrics=metrics)
