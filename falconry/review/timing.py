"""How long SageMaker takes to start an instance and to update an endpoint, by the size of the weights.

Nothing here is measured in the account: it is arithmetic on assumptions, which the review prints with its result.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from falconry.catalog.endpoint_updates import DEFAULT_UPDATE_SECONDS, LONGEST_START_SECONDS

MINUTE = 60

PROVISION = (5 * MINUTE, 10 * MINUTE)
"""Seconds until SageMaker has a GPU instance and the container's image on it."""

DOWNLOAD_GIB_PER_SECOND = (0.5, 0.15)
"""The best and the worst rate at which weights arrive from S3 and, in an archive, are unpacked. At the worst rate 180B
takes 37 minutes; announcements and users speak of "the better part of an hour"."""

LOAD_GIB_PER_SECOND = (2.0, 0.5)
"""From disk into the GPUs' memory."""

ASSUMED = (
    "an instance starts in 5 to 10 minutes, weights download from S3 at 0.15 to 0.5 GiB/s and load into the GPUs at "
    "0.5 to 2 GiB/s, quota and capacity are available"
)

Range = tuple[float, float]
"""Seconds, at best and at worst."""


@dataclass(frozen=True, slots=True)
class Start:
    """The time until a new instance serves.

    Attributes:
        seconds: at best and at worst.
        limit: the seconds after which SageMaker gives up on an instance: its download and its container's start.
        in_time: whether that is enough at worst.
    """

    seconds: Range
    limit: float
    in_time: bool


def start(
    weights_gib: float, download_limit: float = LONGEST_START_SECONDS, startup_limit: float = LONGEST_START_SECONDS
) -> Start:
    """The start of an instance with this many GiB of weights."""
    downloads = [weights_gib / rate for rate in DOWNLOAD_GIB_PER_SECOND]
    loads = [weights_gib / rate for rate in LOAD_GIB_PER_SECOND]
    best, worst = (
        provision + min(download_limit, download) + min(startup_limit, load)
        for provision, download, load in zip(PROVISION, downloads, loads, strict=True)
    )
    in_time = downloads[1] <= download_limit and loads[1] <= startup_limit
    return Start((best, worst), download_limit + startup_limit, in_time)


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """How a new fleet replaces an old one.

    Attributes:
        words: how the requests move, for the reviewer.
        seconds: until the old fleet is gone.
        limit: the seconds after which SageMaker gives up and rolls back.
        extra: instances that run beside the old fleet meanwhile.
    """

    words: str
    seconds: Range
    limit: float
    extra: int


def update(deployment: Mapping[str, Any], instances: int, one: Start) -> UpdatePlan:
    """The update of `instances` by an endpoint's DeploymentConfig; without one, all at once."""
    rolling = deployment.get("RollingUpdatePolicy")
    if rolling:
        batch = _size(rolling["MaximumBatchSize"], instances)
        batches = math.ceil(instances / batch)
        each = rolling["WaitIntervalInSeconds"]
        return UpdatePlan(
            f"rolling, {batch} of {instances} instances at a time, {_minutes(each)} apart",
            (batches * (one.seconds[0] + each), batches * (one.seconds[1] + each)),
            rolling.get("MaximumExecutionTimeoutInSeconds", DEFAULT_UPDATE_SECONDS),
            batch,
        )
    policy = deployment.get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {"Type": "ALL_AT_ONCE"})
    wait, bake = routing.get("WaitIntervalInSeconds", 0), policy.get("TerminationWaitInSeconds", 0)
    words, waits = "blue/green, all traffic at once", 0
    if routing["Type"] == "CANARY":
        words = f"blue/green, {_share(routing['CanarySize'])} of the traffic first, the rest {_minutes(wait)} later"
        waits = wait
    elif routing["Type"] == "LINEAR":
        steps = math.ceil(instances / _size(routing["LinearStepSize"], instances))
        words = f"blue/green, traffic shifts in {steps} steps, {_minutes(wait)} apart"
        waits = (steps - 1) * wait
    return UpdatePlan(
        words,
        (one.seconds[0] + waits + bake, one.seconds[1] + waits + bake),
        policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_UPDATE_SECONDS),
        instances,
    )


def _size(size: Mapping[str, Any], instances: int) -> int:
    if size["Type"] == "CAPACITY_PERCENT":
        return max(1, math.floor(instances * int(size["Value"]) / 100))
    return min(instances, max(1, int(size["Value"])))


def _share(size: Mapping[str, Any]) -> str:
    return f"{size['Value']}%" if size["Type"] == "CAPACITY_PERCENT" else f"the share of {size['Value']} instances"


def _minutes(seconds: float) -> str:
    return f"{seconds / MINUTE:g} min"


def span(seconds: Range) -> str:
    """ "10 to 25 min", "2 to 3 h": rounded, since it is a guess."""
    unit, factor, steps = ("min", MINUTE, (1, 5)) if seconds[1] < 150 * MINUTE else ("h", 3600, (0.5, 0.5))
    low, high = (_rounded(one / factor, steps[one > 10 * MINUTE]) for one in seconds)
    return f"{low:g} to {high:g} {unit}" if low != high else f"{low:g} {unit}"


def _rounded(value: float, to: float) -> float:
    return max(to, to * round(value / to))
