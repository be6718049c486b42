"""Parts of a CloudWatch dashboard, as its body describes them (CloudWatch API reference, "Dashboard body structure and
syntax")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from constructs_lib.observability.metric import Metric

COLUMNS = 24
"""A dashboard's width."""

Widget = dict[str, Any]

Line = list[Any]
"""A metric or an expression in a widget."""


def graph(
    title: str,
    unit: str,
    lines: Sequence[Line],
    *,
    width: int = 8,
    stacked: bool = False,
    period: int = 60,
    limit: tuple[str, float] | None = None,
) -> Widget:
    """Lines over time. `unit` is written at the axis; `limit` is a line across with its label."""
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "stacked": stacked,
        "period": period,
        "metrics": list(lines),
        "yAxis": {"left": {"label": unit, "showUnits": False, "min": 0}},
    }
    if limit:
        label, value = limit
        properties["annotations"] = {"horizontal": [{"label": label, "value": value}]}
    return {"type": "metric", "width": width, "height": 6, "properties": properties}


def numbers(title: str, lines: Sequence[Line], *, unit: str, width: int = 8, period: int = 300) -> Widget:
    """The last values, as numbers."""
    properties = {
        "title": title,
        "view": "singleValue",
        "period": period,
        "metrics": list(lines),
        "yAxis": {"left": {"label": unit}},
    }
    return {"type": "metric", "width": width, "height": 3, "properties": properties}


def text(markdown: str, *, width: int = COLUMNS, height: int = 2) -> Widget:
    """Words."""
    return {"type": "text", "width": width, "height": height, "properties": {"markdown": markdown}}


def alarms(title: str, arns: Sequence[str], *, height: int) -> Widget:
    """The states of alarms."""
    properties = {"title": title, "alarms": list(arns)}
    return {"type": "alarm", "width": COLUMNS, "height": height, "properties": properties}


def expression(formula: str, label: str, over: Mapping[str, Metric]) -> list[Line]:
    """Metric math, and the metrics that it is over, which are not drawn."""
    hidden = [metric.line(id=name, visible=False) for name, metric in over.items()]
    return [[{"expression": formula, "label": label}], *hidden]


def search(metric: Metric, by: str, *, period: int = 60) -> Line:
    """Each metric like `metric` that has the further dimension `by`, whatever its value."""
    dimensions = ",".join([metric.namespace, *metric.dimensions, by])
    given = " ".join(f'{name}="{value}"' for name, value in metric.dimensions.items())
    formula = f"SEARCH('{{{dimensions}}} MetricName=\"{metric.name}\" {given}', '{metric.statistic}', {period})"
    return [{"expression": formula, "label": f"${{PROP('Dim.{by}')}}"}]


def laid_out(rows: Iterable[Sequence[Widget]]) -> list[Widget]:
    """The widgets with their places: each row begins at the left, below the one before, and breaks where it is full."""
    placed: list[Widget] = []
    top = 0
    for row in rows:
        left = height = 0
        for widget in row:
            if left + widget["width"] > COLUMNS:
                top, left, height = top + height, 0, 0
            placed.append({"x": left, "y": top, **widget})
            left, height = left + widget["width"], max(height, widget["height"])
        top += height
    return placed
