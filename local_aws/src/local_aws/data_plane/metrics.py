"""Metrics of what runs here, sent to CloudWatch: those in functions' log lines, and those that AWS's services keep."""

import asyncio
import json
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 1.0
_MAX_DATA = 20_000
"""What is kept for a control plane that does not answer; later values are dropped."""
_REQUEST_DATA = 1_000
"""PutMetricData takes so many."""

Dimensions = Mapping[str, str]


@dataclass(frozen=True)
class Datum:
    """One value of a metric at a time (seconds since the epoch)."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    timestamp: float

    def as_request(self) -> dict[str, Any]:
        return {
            "MetricName": self.name,
            "Value": self.value,
            "Unit": self.unit,
            "Dimensions": [{"Name": name, "Value": value} for name, value in self.dimensions],
            "Timestamp": datetime.fromtimestamp(self.timestamp, UTC),
        }


class MetricWriter:
    """Sends values to CloudWatch in batches, from a thread, off the path of a request."""

    def __init__(self, cloudwatch_client: Any) -> None:
        self._client = cloudwatch_client
        self._pending: list[Datum] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def add(self, namespace: str, dimensions: Dimensions, values: Mapping[str, tuple[float, str]]) -> None:
        """Values of now, each with its unit, by the metrics' names."""
        now = time.time()
        pairs = tuple(dimensions.items())
        for name, (value, unit) in values.items():
            self._keep(Datum(namespace, name, value, unit, pairs, now))

    def read_line(self, line: str) -> None:
        """Takes the metrics out of a line of a function's log, if it has any (embedded metric format)."""
        for datum in embedded_metrics(line):
            self._keep(datum)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        try:
            await asyncio.wait_for(asyncio.to_thread(self._flush, self._take()), 1.0)
        except TimeoutError:
            logger.warning("the last metrics were not sent: the control plane did not answer within 1 s")

    def _keep(self, datum: Datum) -> None:
        if len(self._pending) < _MAX_DATA:
            self._pending.append(datum)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            if self._pending:
                await asyncio.to_thread(self._flush, self._take())

    def _take(self) -> list[Datum]:
        pending, self._pending = self._pending, []
        return pending

    def _flush(self, pending: list[Datum]) -> None:
        by_namespace: dict[str, list[dict[str, Any]]] = {}
        for datum in pending:
            by_namespace.setdefault(datum.namespace, []).append(datum.as_request())
        for namespace, data in by_namespace.items():
            for start in range(0, len(data), _REQUEST_DATA):
                try:
                    self._client.put_metric_data(Namespace=namespace, MetricData=data[start : start + _REQUEST_DATA])
                except (BotoCoreError, ClientError) as error:
                    logger.warning("metrics of %s were not sent: %s", namespace, error)


def embedded_metrics(line: str) -> Iterator[Datum]:
    """The metrics in a log line, by the specification of the embedded metric format (CloudWatch user guide). A line
    that holds none, or is no such line, has none; a metric whose dimension has no value is left out, as AWS does."""
    if '"_aws"' not in line:
        return
    try:
        root = json.loads(line)
        timestamp = root["_aws"]["Timestamp"] / 1000
        directives = root["_aws"]["CloudWatchMetrics"]
        for directive in directives:
            for names in directive["Dimensions"]:
                dimensions = tuple((name, str(root[name])) for name in names)
                for metric in directive["Metrics"]:
                    given = root[metric["Name"]]
                    for value in given if isinstance(given, list) else [given]:
                        unit = metric.get("Unit", "None")
                        yield Datum(directive["Namespace"], metric["Name"], float(value), unit, dimensions, timestamp)
    except (KeyError, TypeError, ValueError) as error:
        logger.warning("a log line's metrics cannot be read: %r", error)
