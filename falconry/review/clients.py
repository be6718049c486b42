"""The clients: their keys and limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from falconry.review.comparison import Comparison
from falconry.review.findings import Finding, Topic, attention, danger, note
from falconry.review.resources import REPLACING, Action, ResourceChange

LIMITS = {
    ("Throttle", "RateLimit"): "requests per second",
    ("Throttle", "BurstLimit"): "requests in a burst",
    ("Quota", "Limit"): "requests per {period}",
}
"""Property of a usage plan to its unit."""


def findings(comparison: Comparison) -> Iterator[Finding]:
    """Keys that stop working, and limits that change."""
    changes = comparison.changes
    if not any(comparison.head.assembly.of_type("AWS::ApiGateway::RestApi")):
        return
    lost = [change for change in changes if change.type == "AWS::ApiGateway::ApiKey" and change.after is None]
    for change in lost:
        name = _name(change.before, "Name")
        what = "The client's key is deleted: requests with it are refused with 403 after the deploy."
        yield attention(Topic.CLIENTS, name, what, "Ask its users, or look for the client in the access log.")
    for change in changes:
        if change.type == "AWS::ApiGateway::ApiKey" and change.before and change.after:
            yield from _key(change)
        if change.type == "AWS::ApiGateway::UsagePlan":
            yield from _plan(change)


def _key(change: ResourceChange) -> Iterator[Finding]:
    name = _name(change.after, "Name")
    properties = (change.after or {}).get("Properties", {})
    if change.action in REPLACING:
        what = "The client's key gets a new value: requests with the old one are refused."
        mend = "Keep the key's name, or plan to hand out the new value right after the deploy."
        yield danger(Topic.CLIENTS, name, what, mend)
    if properties.get("Enabled") is False and (change.before or {}).get("Properties", {}).get("Enabled") is not False:
        yield attention(Topic.CLIENTS, name, "The client's key is disabled: its requests are refused.")


def _plan(change: ResourceChange) -> Iterator[Finding]:
    if change.action == Action.ADDED:
        limits = ", ".join(filter(None, (_limit(change.after, key) for key in LIMITS)))
        yield note(Topic.CLIENTS, _name(change.after, "UsagePlanName"), f"New client: {limits or 'no limits'}.")
    if not change.before or not change.after:
        return
    fewer: list[str] = []
    more: list[str] = []
    for key in LIMITS:
        before, after = _number(change.before, key), _number(change.after, key)
        if before != after:
            was, now = (_limit(one, key) or "unlimited" for one in (change.before, change.after))
            less = after is not None and (before is None or after < before)
            (fewer if less else more).append(f"{now} (was {was.partition(' ')[0] if before else was})")
    name = _name(change.after, "UsagePlanName")
    if fewer:
        yield attention(Topic.CLIENTS, name, f"Lower limits: {', '.join(fewer)}.")
    if more:
        yield note(Topic.CLIENTS, name, f"Higher limits: {', '.join(more)}.")


def _number(resource: Mapping[str, Any] | None, key: tuple[str, str]) -> float | None:
    value = (resource or {}).get("Properties", {}).get(key[0], {}).get(key[1])
    return None if value is None else float(value)


def _limit(resource: Mapping[str, Any] | None, key: tuple[str, str]) -> str | None:
    number = _number(resource, key)
    if number is None:
        return None
    period = str((resource or {}).get("Properties", {}).get("Quota", {}).get("Period", "")).lower()
    return f"{number:,.10g} {LIMITS[key].format(period=period)}"


def _name(resource: Mapping[str, Any] | None, key: str) -> str:
    return str((resource or {}).get("Properties", {}).get(key, "a client"))
