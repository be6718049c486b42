"""CloudWatch: percentiles."""

import math
import re
from collections.abc import Callable
from typing import Any, SupportsFloat

from moto.cloudwatch.models import Statistics

from .patching import replace

_PERCENTILE = re.compile(r"^p(\d{1,2}(?:\.\d+)?|100)$")


def _with_percentiles(
    original: Callable[[Statistics, str], SupportsFloat | None],
) -> Callable[[Statistics, str], SupportsFloat | None]:
    def get_statistics_for_type(self: Statistics, stat: str) -> SupportsFloat | None:
        found = _PERCENTILE.match(stat)
        if found is None:
            return original(self, stat)
        values: list[Any] = sorted(self.metric_single_values_list)
        # The nearest rank: the smallest value that so many per cent of all do not exceed.
        rank = max(1, math.ceil(len(values) * float(found[1]) / 100))
        return values[rank - 1] if values else None

    return get_statistics_for_type


def install() -> None:
    # moto knows Sum, Average, Minimum, Maximum and SampleCount, and answers None to p50 and the like.
    replace(Statistics, "get_statistics_for_type", _with_percentiles(Statistics.get_statistics_for_type))
