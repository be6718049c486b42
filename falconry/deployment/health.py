"""A deployment's stacks, alarms and cost so far."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from falconry.catalog import INSTANCE_TYPES
from falconry.names import STACKS

if TYPE_CHECKING:
    from falconry.deployment.deployed import DeployedEndpoint
    from falconry.target import Target


@dataclass(frozen=True, slots=True)
class StackState:
    """One stack; `changed` is the time of its last deploy that changed something."""

    name: str
    status: str
    changed: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class AlarmState:
    """One alarm that is in ALARM."""

    name: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What an endpoint's instances cost since the month began.

    It is computed, not billed: the present number of instances at list price, for each hour that the endpoint has been
    there. `usd` is None where no price is known.
    """

    model: str
    instance_hours: float
    usd: float | None


def stacks(target: Target) -> list[StackState]:
    """The deployment's stacks that exist, in the order in which they are deployed."""
    cloudformation = target.client("cloudformation")

    def describe(stack: str) -> StackState | None:
        try:
            answer = cloudformation.describe_stacks(StackName=target.settings.names.stack(stack))
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        found = answer["Stacks"][0]
        changed = found.get("LastUpdatedTime", found["CreationTime"])
        return StackState(found["StackName"], found["StackStatus"], changed, found.get("StackStatusReason"))

    with ThreadPoolExecutor(len(STACKS)) as pool:
        return [state for state in pool.map(describe, STACKS) if state is not None]


def alarms(target: Target) -> tuple[list[AlarmState], int]:
    """The deployment's alarms that are in ALARM, and how many alarms it has."""
    in_alarm, count = [], 0
    pages = target.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"{target.settings.names.prefix}-"):
        for alarm in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])):
            count += 1
            if alarm["StateValue"] == "ALARM":
                since = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
                in_alarm.append(AlarmState(alarm["AlarmName"], since, alarm.get("StateReason", "")))
    return in_alarm, count


def cost_this_month(endpoints: Iterable[DeployedEndpoint], now: datetime) -> list[Cost]:
    """What each endpoint's instances cost since the first of the month (UTC)."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    for endpoint in endpoints:
        hours = max(0.0, (now - max(month, endpoint.created)).total_seconds() / 3600) * endpoint.instances
        known = INSTANCE_TYPES.get(endpoint.instance_type)
        price = known.usd_per_hour if known else None
        found.append(Cost(endpoint.model, hours, None if price is None else price * hours))
    return found
