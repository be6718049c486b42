"""One alarm: what is measured, from where on it is wrong, and what to tell whoever is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from constructs_lib.observability.metric import Metric

Severity = Literal["page", "notice"]
"""Whether callers are affected now, so that somebody is woken, or it can wait until the morning."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A row of the table in deployment_alarms.py.

    Attributes:
        kind: names the alarm and its section in the runbook ("front-errors").
        says: what is wrong, in a sentence.
        metrics: what is measured, by the names that `expression` uses.
        threshold: the value from which on, inclusive, it is wrong.
        model: the model that it is about, if it is about one.
        expression: CloudWatch's metric math over `metrics`; "" for one metric as it is.
        periods: how many periods in a row.
        period: seconds of one.
        below: whether values below the threshold are wrong.
        missing: what no data means. Default: nobody called, so all is well.
    """

    kind: str
    severity: Severity
    says: str
    metrics: Mapping[str, Metric]
    threshold: float
    model: str = ""
    expression: str = ""
    periods: int = 2
    period: int = 300
    below: bool = False
    missing: Literal["notBreaching", "breaching"] = "notBreaching"

    @property
    def name(self) -> str:
        """The alarm's name after the deployment's."""
        return f"{self.kind}-{self.model}" if self.model else self.kind

    def properties(self) -> dict[str, Any]:
        """What CfnAlarm is given, apart from name, description and actions."""
        *queries, last = [metric.query(name, self.period) for name, metric in self.metrics.items()]
        if self.expression:
            queries += [last, {"id": "value", "expression": self.expression, "label": self.kind, "returnData": True}]
        else:
            queries += [last | {"returnData": True}]
        return {
            "metrics": queries,
            "threshold": self.threshold,
            "comparison_operator": "LessThanThreshold" if self.below else "GreaterThanOrEqualToThreshold",
            "evaluation_periods": self.periods,
            "datapoints_to_alarm": self.periods,
            "treat_missing_data": self.missing,
        }


def percent(part: str, whole: str, at_least: int) -> str:
    """Metric math: `part` of `whole` in percent, or 0 as long as the part is fewer than `at_least`."""
    return f"IF({part} >= {at_least}, 100 * {part} / {whole}, 0)"


def total(names: Iterable[str]) -> str:
    """Metric math: the sum of metrics of which some may have no data."""
    return f"SUM([{', '.join(f'FILL({name}, 0)' for name in names)}])"
