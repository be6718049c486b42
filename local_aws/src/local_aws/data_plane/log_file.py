"""Log lines of functions and containers: always into a file, and into CloudWatch Logs where the log group exists."""

import asyncio
import logging
import time
import uuid
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

_FLUSH_SECONDS = 1.0
_MISSING_GROUP_SECONDS = 30.0
_MAX_EVENTS = 1000


class LogFile:
    """Appends lines with a UTC time to a file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)

    def write(self, line: str) -> None:
        now = time.time()
        self._file.write(
            f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}Z {line}\n"
        )

    def close(self) -> None:
        self._file.close()


class LogGroupWriter:
    """Sends lines to CloudWatch Logs in batches, from a thread, off the path of a request.

    Lambda would create a missing log group. This does not: a group made behind CloudFormation's back would stand in the
    way of the next deployment that declares it.
    """

    def __init__(self, logs_client: Any) -> None:
        self._client = logs_client
        self._pending: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._streams: set[tuple[str, str]] = set()
        self._missing_until: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    @staticmethod
    def new_stream_name(version: str) -> str:
        """A stream's name as Lambda makes it: day, version and a random id."""
        return f"{time.strftime('%Y/%m/%d', time.gmtime())}/[{version}]{uuid.uuid4().hex}"

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def write(self, group: str, stream: str, line: str) -> None:
        events = self._pending.setdefault((group, stream), [])
        if len(events) < _MAX_EVENTS:
            events.append({"timestamp": int(time.time() * 1000), "message": line or " "})

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        try:
            await asyncio.wait_for(asyncio.to_thread(self._flush, self._take()), 1.0)
        except TimeoutError:
            logger.warning(
                "the last log lines were not sent to CloudWatch Logs: the control plane did not answer within 1 s"
            )

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            if self._pending:
                await asyncio.to_thread(self._flush, self._take())

    def _take(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        pending, self._pending = self._pending, {}
        return pending

    def _flush(self, pending: dict[tuple[str, str], list[dict[str, Any]]]) -> None:
        for (group, stream), events in pending.items():
            if self._missing_until.get(group, 0.0) > time.monotonic():
                continue
            try:
                if (group, stream) not in self._streams:
                    self._client.create_log_stream(logGroupName=group, logStreamName=stream)
                    self._streams.add((group, stream))
                self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
            except ClientError as error:
                self._streams.discard((group, stream))
                if error.response["Error"]["Code"] == "ResourceNotFoundException":
                    self._missing_until[group] = time.monotonic() + _MISSING_GROUP_SECONDS
                else:
                    logger.warning("log lines were not sent to %s: %s", group, error)
            except BotoCoreError as error:
                logger.warning("log lines were not sent to %s: %s", group, error)
