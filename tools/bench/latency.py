"""The latency that each way to SageMaker adds to the first token and to the whole answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tools.bench.arrivals import Timing
from tools.bench.contestants import Contestant
from tools.bench.percentiles import p50_p95

ROUNDS = {"no-gap": 200, "paced": 12}
WARM_UP = {"no-gap": 20, "paced": 1}
"""Questions to each contestant, whose answers are not counted."""

PLACES = {"no-gap": "64 tokens at once", "paced": "64 tokens, one every 45 ms"}
MEASURES = {"first_token": "first token", "total": "last byte"}

Figures = dict[str, dict[str, dict[str, dict[str, float]]]]
"""By endpoint, contestant and measure: p50 and p95 in ms, and how much more than boto3's each is."""


def measure(contestants: Sequence[Contestant], rounds: Mapping[str, int] = ROUNDS) -> Figures:
    """Ask in turn, one question at a time, so that a busy machine slows all of them alike."""
    figures: Figures = {}
    for endpoint, count in rounds.items():
        for contestant in contestants:
            for _ in range(WARM_UP[endpoint]):
                contestant.ask(endpoint)
        timings: dict[str, list[Timing]] = {contestant.name: [] for contestant in contestants}
        for number in range(count):
            # The first contestant in a round finds warm caches: each is first equally often.
            first = number % len(contestants)
            for contestant in [*contestants[first:], *contestants[:first]]:
                timings[contestant.name].append(contestant.ask(endpoint))
        figures[endpoint] = _compared({name: _percentiles(many) for name, many in timings.items()})
    return figures


def table(figures: Figures, rounds: Mapping[str, int] = ROUNDS) -> str:
    """The figures for a reader."""
    lines = []
    for endpoint, by_name in figures.items():
        lines += ["", f"{PLACES[endpoint]}, {rounds[endpoint]} answers each, ms    p50    (more)      p95    (more)"]
        for measure_name, label in MEASURES.items():
            for name, measured in by_name.items():
                one = measured[measure_name]
                more = [f"{one[key]:+9.2f}" if name != "boto3" else " " * 9 for key in ("p50_more", "p95_more")]
                lines.append(f"  {label:<12} {name:<24} {one['p50']:9.2f} {more[0]} {one['p95']:9.2f} {more[1]}")
    return "\n".join(lines)


def _percentiles(timings: Sequence[Timing]) -> dict[str, dict[str, float]]:
    return {measure_name: p50_p95([getattr(timing, measure_name) for timing in timings]) for measure_name in MEASURES}


def _compared(by_name: dict[str, dict[str, dict[str, float]]]) -> dict[str, dict[str, dict[str, float]]]:
    base = {measure_name: dict(one) for measure_name, one in by_name["boto3"].items()}
    for measured in by_name.values():
        for measure_name, one in measured.items():
            for key in ("p50", "p95"):
                one[f"{key}_more"] = round(one[key] - base[measure_name][key], 2)
    return by_name
