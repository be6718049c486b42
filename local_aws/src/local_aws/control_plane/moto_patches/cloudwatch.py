"""CloudWatch."""

import math
from typing import SupportsFloat

from moto.cloudwatch.models import Alarm, MetricDatum, Statistics
from moto.cloudwatch.responses import CloudWatchResponse

from .patching import add, replace


def _percentile(statistic: str) -> float | None:
    """95.0 for "p95", None for another statistic."""
    number = statistic.removeprefix("p")
    return float(number) if number != statistic and number.replace(".", "", 1).isdigit() else None


def _rank(values: list[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def install() -> None:
    # moto's PutMetricAlarm reads an AlarmRule too, "to re-use this method for composite alarms as well", and nothing
    # calls it for them.
    add(CloudWatchResponse, "put_composite_alarm", CloudWatchResponse.put_metric_alarm)
    add(Alarm, "alarm_rule", property(lambda self: self.rule))

    # moto gives no percentile: GetMetricData answers with a missing value for "p95".
    original = Statistics.get_statistics_for_type

    def get_statistics_for_type(self: Statistics, stat: str) -> SupportsFloat | None:
        percent = _percentile(stat)
        if percent is None:
            return original(self, stat)
        values = [float(datum.value) for datum in self.metric_data if isinstance(datum, MetricDatum)]
        return _rank(values, percent) if values else None

    replace(Statistics, "get_statistics_for_type", get_statistics_for_type)
