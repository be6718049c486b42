"""Every metric that something emits: AWS's by the table beside this file, the front's by asking it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from chat.errors import ApiError, ErrorKind
from chat.host import metrics
from chat.record import Record

TABLE = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, slots=True)
class Emitted:
    """One metric by the names of its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[str]


def emitted() -> dict[Emitted, str]:
    """Every metric with its unit."""
    return dict([*_of_aws(), *_of_front()])


def _of_aws() -> Iterator[tuple[Emitted, str]]:
    for rows in yaml.safe_load(TABLE.read_text(encoding="utf-8")):
        assert rows["source"].startswith("https://docs.aws.amazon.com/"), rows
        for dimensions in rows["dimensions"]:
            for name, unit in rows["metrics"].items():
                # YAML reads `None` as text, since its own word is `null`.
                yield Emitted(rows["namespace"], str(name), frozenset(dimensions)), unit


def _of_front() -> Iterator[tuple[Emitted, str]]:
    """By a request that was answered, one that failed, and a record of the audit log."""
    answered = Record(model="m", prompt_tokens=1, completion_tokens=2, time_to_first_token_ms=1)
    failed = Record(model="m")
    failed.fail(ApiError(ErrorKind.INTERNAL_ERROR, ""))
    given: dict[str, Any] = {"deployment": "d", "client": "c", "milliseconds": 0}
    yield from _of_line(metrics.embedded(answered, status=200, **given))
    yield from _of_line(metrics.embedded(failed, status=500, **given))
    yield from _of_line(metrics.audited(deployment="d", failed=False, milliseconds=0))


def _of_line(line: Mapping[str, Any]) -> Iterator[tuple[Emitted, str]]:
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield Emitted(directive["Namespace"], metric["Name"], frozenset(dimensions)), metric["Unit"]
