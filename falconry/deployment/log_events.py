"""The deployment's events in CloudWatch Logs, merged by time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from falconry.aws_errors import code_of
from falconry.deployment.log_lines import LogEvent
from falconry.errors import CommandError
from falconry.names import function_log_group

if TYPE_CHECKING:
    from falconry.target import Target

POLL_SECONDS = 2.0
"""Between two polls; an account may ask CloudWatch Logs five times a second and more (service quotas)."""

LATE = timedelta(seconds=20)
"""How long after its time an event may still arrive."""


@dataclass(frozen=True, slots=True)
class LogGroup:
    """One log group and how its lines are labeled."""

    name: str
    source: str
    subject: str = ""


def log_groups(target: Target, source: str) -> list[LogGroup]:
    """The log groups of a `--source`: "front", "container", "access" or "all"."""
    settings, names = target.settings, target.settings.names
    front = [LogGroup(function_log_group(names.chat_function), "front")]
    if settings.api.auth != "iam":
        front.append(LogGroup(function_log_group(names.authorizer_function), "auth"))
    if settings.api.playground or target.local:
        front.append(LogGroup(function_log_group(names.page_function), "page"))
    of = {
        "front": front,
        "container": [LogGroup(settings.model_log_group(model), "model", model.name) for model in settings.models],
        "access": [LogGroup(names.access_log_group, "access")],
    }
    return of[source] if source != "all" else [group for groups in of.values() for group in groups]


def read(target: Target, groups: Sequence[LogGroup], since: datetime) -> list[LogEvent]:
    """All events since then, in order of time.

    Raises:
        CommandError: none of the log groups is there.
    """
    target.client("logs")  # made once, before the threads that use it
    with ThreadPoolExecutor(len(groups)) as pool:
        answers = list(pool.map(lambda group: _events(target, group, since), groups))
    if all(answer is None for answer in answers):
        searched = ", ".join(group.name for group in groups)
        raise CommandError(
            f"there are no logs of {target.settings.name} in {target.settings.region}: none of the log groups "
            f"{searched} exists. Check whether it is deployed: `falconry status`."
        )
    return sorted((event for answer in answers for event in answer or []), key=lambda event: event.time)


def follow(target: Target, groups: Sequence[LogGroup], since: datetime) -> Iterator[LogEvent]:
    """Events since then and all later ones, without end; in order of time within one poll."""
    seen: dict[tuple[str, str, str], datetime] = {}
    newest = since
    while True:
        for event in read(target, groups, max(since, newest - LATE)):
            key = (event.source, event.stream, event.id)
            if key not in seen:
                seen[key] = event.time
                newest = max(newest, event.time)
                yield event
        seen = {key: moment for key, moment in seen.items() if moment >= newest - 2 * LATE}
        time.sleep(POLL_SECONDS)


def _events(target: Target, group: LogGroup, since: datetime) -> list[LogEvent] | None:
    pages = target.client("logs").get_paginator("filter_log_events")
    try:
        return [
            LogEvent.of(group.source, group.subject, event)
            for page in pages.paginate(logGroupName=group.name, startTime=int(since.timestamp() * 1000))
            for event in page["events"]
        ]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None
        raise
