"""The clients: their keys, and how much each may send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from falconry.review.comparison import Comparison
from falconry.review.findings import Finding, Topic, attention, danger, note
from falconry.review.resources import REPLACING, Action, ResourceChange

LIMITS = {
    ("Throttle", "RateLimit"): "requests a second",
    ("Throttle", "BurstLimit"): "requests at once",
    ("Quota", "Limit"): "requests each {period}",
}
"""Where a usage plan has what."""


def findings(comparison: Comparison) -> Iterator[Finding]:
    """Whose key stops working, and who may send more or less."""
    changes = comparison.changes
    if not any(comparison.head.assembly.of_type("AWS::ApiGateway::RestApi")):
        return
    lost = [change for change in changes if change.type == "AWS::ApiGateway::ApiKey" and change.after is None]
    for change in lost:
        name = _name(change.before, "Name")
        what = "The client's key is deleted: requests that bring it are refused with 403 from the deploy on."
        yield attention(Topic.CLIENTS, name, what, "Ask whoever uses it, or look for the client in the access log.")
    for change in changes:
        if change.type == "AWS::ApiGateway::ApiKey" and change.before and change.after:
            yield from _key(change)
        if change.type == "AWS::ApiGateway::UsagePlan":
            yield from _plan(change)


def _key(change: ResourceChange) -> Iterator[Finding]:
    name = _name(change.after, "Name")
    properties = (change.after or {}).get("Properties", {})
    if change.action in REPLACING:
        what = "The client's key gets another value: requests that bring the old one are refused."
        mend = "Leave the key's name as it is, or hand the new value out before the deploy ends."
        yield danger(Topic.CLIENTS, name, what, mend)
    if properties.get("Enabled") is False and (change.before or {}).get("Properties", {}).get("Enabled") is not False:
        yield attention(Topic.CLIENTS, name, "The client's key is disabled: its requests are refused.")


def _plan(change: ResourceChange) -> Iterator[Finding]:
    if change.action == Action.ADDED:
        limits = ", ".join(filter(None, (_limit(change.after, key) for key in LIMITS)))
        yield note(Topic.CLIENTS, _name(change.after, "UsagePlanName"), f"A new client: {limits or 'without limits'}.")
    if not change.before or not change.after:
        return
    fewer: list[str] = []
    more: list[str] = []
    for key in LIMITS:
        before, after = _number(change.before, key), _number(change.after, key)
        if before != after:
            was, now = (_limit(one, key) or "any number" for one in (change.before, change.after))
            less = after is not None and (before is None or after < before)
            (fewer if less else more).append(f"{now} (before {was.partition(' ')[0] if before else was})")
    name = _name(change.after, "UsagePlanName")
    if fewer:
        yield attention(Topic.CLIENTS, name, f"May send less: {', '.join(fewer)}.")
    if more:
        yield note(Topic.CLIENTS, name, f"May send more: {', '.join(more)}.")


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
