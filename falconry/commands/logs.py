"""`falconry logs`: what the functions, the containers and API Gateway wrote, merged by time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from falconry.errors import CommandError
from falconry.target import Config, Json, Local

if TYPE_CHECKING:
    from falconry.deployment.log_lines import LogEvent

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class LogSource(StrEnum):
    """The component that writes a log."""

    FRONT = "front"
    CONTAINER = "container"
    ACCESS = "access"
    ALL = "all"


def logs(
    config: Config = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing new events.")] = False,
    since: Annotated[
        str,
        typer.Option(
            metavar="SPAN", help="How far back to start: 30s, 15m, 1h, 2d, 1w, or a time such as 2026-11-25T14:00."
        ),
    ] = "1h",
    source: Annotated[
        LogSource,
        typer.Option(
            help="front: gateway function, authorizer, playground; container: the models; access: API Gateway."
        ),
    ] = LogSource.ALL,
    grep: Annotated[str, typer.Option(metavar="TEXT", help="Only events that contain this text, ignoring case.")] = "",
    local: Local = False,
    json: Json = False,
) -> None:
    """Show the logs of all components, merged by time.

    Shows the gateway function, authorizer, playground, containers and API Gateway's access log.

    Times are in your time zone. Lambda's START, END and REPORT lines are left out, because the function's own line
    says more. --json includes them: one JSON object per line, with time, source, stream and message. Prompts and
    answers are never logged.

    \b
    Examples:
      falconry logs dev --follow
      falconry logs dev --since 15m --source front --grep falcon-7b
      falconry logs --json --since 1d | jq 'select(.message.status? >= 500)'
    """
    from falconry.deployment import log_events
    from falconry.target import find

    begin = _moment(since)
    target = find(config, local=local)
    groups = log_events.log_groups(target, source.value)
    read = log_events.follow if follow else log_events.read
    events: Iterable[LogEvent] = read(target, groups, begin)
    wanted = (event for event in events if grep.casefold() in event.message.casefold())
    if json:
        _print_json(wanted)
    else:
        from falconry.views import logs as view

        printed = view.show(wanted, dated=datetime.now(UTC) - begin > timedelta(days=1))
        if not printed:
            what = f" with {grep!r}" if grep else ""
            raise CommandError(f"nothing{what} was logged since {since}. Use --since 1d to look further back.")


def _moment(since: str) -> datetime:
    found = re.fullmatch(r"(\d+)\s*([smhdw])", since.strip())
    if found:
        return datetime.now(UTC) - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        return datetime.fromisoformat(since).astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{since!r} is not a duration. Use 30s, 15m, 1h, 2d, 1w, or a time such as 2026-11-25T14:00.",
            param_hint="--since",
        ) from None


def _print_json(events: Iterable[LogEvent]) -> None:
    import json

    for event in events:
        line = {"time": event.time.isoformat(timespec="milliseconds"), "source": event.source}
        if event.subject:
            line["model"] = event.subject
        print(json.dumps({**line, "stream": event.stream, "message": event.content()}, ensure_ascii=False), flush=True)
