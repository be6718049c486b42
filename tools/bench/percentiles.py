"""Percentiles of few values."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all are not above (nearest rank). Raises ValueError without
    values."""
    if not values:
        raise ValueError("a percentile of nothing")
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def p50_p95(values: Sequence[float]) -> dict[str, float]:
    """Both, rounded to a hundredth."""
    return {"p50": round(percentile(values, 50), 2), "p95": round(percentile(values, 95), 2)}
