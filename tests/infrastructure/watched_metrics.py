"""Which metrics a template's dashboard and alarms look at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .conftest import Deployment, Template
from .emitted_metrics import Emitted
from .policies import resolved

SEARCH = re.compile(r"SEARCH\('\{(?P<schema>[^}]+)\} MetricName=\"(?P<name>\w+)\" (?P<given>[^']*)', '\w+', \d+\)")


@dataclass(frozen=True, slots=True)
class Watched:
    """One metric in a widget or an alarm, by `where` it stands. A dimension of None is searched for, with any value.

    `label` is the unit at the widget's axis, for a metric that is drawn as it is.
    """

    where: str
    metric: Emitted
    dimensions: Mapping[str, str | None]
    label: str | None = None


def dashboard(template: Template) -> list[Mapping[str, Any]]:
    """The dashboard's widgets."""
    body = resolved(template.only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    widgets: list[Mapping[str, Any]] = json.loads(body)["widgets"]
    return widgets


def watched(deployment: Deployment) -> list[Watched]:
    """All metrics of the dashboard and of the alarms: those that tell somebody, roll an update back or wake a model."""
    in_alarms = [
        one
        for template in (deployment.operations, deployment.models)
        for alarm in template.resources("AWS::CloudWatch::Alarm")
        for one in _of_alarm(alarm["Properties"])
    ]
    return [*(one for widget in dashboard(deployment.operations) for one in _of_widget(widget)), *in_alarms]


def expressions(lines: list[list[Any]]) -> Iterator[str]:
    """The metric math of a widget."""
    for line in lines:
        if isinstance(line[0], dict):
            yield line[0]["expression"]


def ids(lines: list[list[Any]]) -> set[str]:
    """What the metric math of a widget can refer to."""
    return {line[-1]["id"] for line in lines if isinstance(line[-1], dict) and "id" in line[-1]}


def _of_widget(widget: Mapping[str, Any]) -> Iterator[Watched]:
    if widget["type"] != "metric":
        return
    properties = widget["properties"]
    where = f"widget {properties['title']!r}"
    for line in properties["metrics"]:
        if isinstance(line[0], dict):
            yield from _of_search(line[0]["expression"], where)
            continue
        namespace, name, *flat, options = line
        dimensions = dict(zip(flat[::2], flat[1::2], strict=True))
        label = None if options.get("visible") is False else properties["yAxis"]["left"]["label"]
        yield Watched(where, Emitted(namespace, name, frozenset(dimensions)), dimensions, label)


def _of_search(formula: str, where: str) -> Iterator[Watched]:
    if "SEARCH" not in formula:
        return
    match = SEARCH.fullmatch(formula)
    assert match, f"{where}: {formula}"
    namespace, *names = match["schema"].split(",")
    given = dict(re.findall(r'(\w+)="([^"]*)"', match["given"]))
    assert given.keys() < set(names), f"{where}: {formula}"
    yield Watched(where, Emitted(namespace, match["name"], frozenset(names)), {name: given.get(name) for name in names})


def _of_alarm(properties: Mapping[str, Any]) -> Iterator[Watched]:
    if "Metrics" not in properties:
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in properties["Dimensions"]}
        name = Emitted(properties["Namespace"], properties["MetricName"], frozenset(dimensions))
        yield Watched(f"alarm {properties['AlarmDescription']}", name, dimensions)
        return
    for query in properties["Metrics"]:
        if "MetricStat" not in query:
            continue
        metric = query["MetricStat"]["Metric"]
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
        name = Emitted(metric["Namespace"], metric["MetricName"], frozenset(dimensions))
        yield Watched(f"alarm {properties['AlarmName']}", name, dimensions, query["MetricStat"].get("Unit"))
