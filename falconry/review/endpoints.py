"""What the change does to each endpoint: whether requests fail meanwhile, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from falconry.review import timing
from falconry.review.assembly import Assembly
from falconry.review.findings import Finding, Topic, attention, danger
from falconry.review.fleets import Fleet, fleets
from falconry.review.resources import REPLACING, Change


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """One endpoint.

    Attributes:
        what: "added", "removed", "replaced", "updated", "changed without a new fleet", "unchanged".
        why: the changes that it comes from, such as "instance type ml.g5.2xlarge → ml.g5.12xlarge".
        interrupted: whether requests fail meanwhile.
        traffic: what becomes of the requests, in words.
        takes: how long, "" where no instance is started.
        extra: instances of `instance_type` that run beside the old ones meanwhile; the quota has to allow them.
    """

    name: str
    what: str
    why: tuple[str, ...]
    interrupted: bool
    traffic: str
    takes: str
    extra: int
    instance_type: str


def endpoint_changes(base: Assembly, head: Assembly, changes: list[Change]) -> list[EndpointChange]:
    """Every endpoint of either side, those of the head first."""
    by_id = {(change.stack.name, change.logical_id): change for change in changes}
    old = {(one.stack, one.logical_id): one for one in fleets(base)}
    new = {(one.stack, one.logical_id): one for one in fleets(head)}
    found = [_changed(old[key], one, by_id) if key in old else _added(one) for key, one in new.items()]
    return found + [_removed(one) for key, one in old.items() if key not in new and one.stack in head.stacks]


def findings(base: Assembly, head: Assembly, found: list[EndpointChange]) -> Iterator[Finding]:
    """The dangers among them, and what SageMaker would refuse."""
    for one in found:
        if one.what == "removed":
            what = "The endpoint is deleted: requests for its model get an error from the deploy on."
            mend = "Move the callers to another model first; the access log says who still asks for it."
            yield danger(Topic.ENDPOINT, one.name, what, mend)
        elif one.what == "replaced":
            mend = (
                "Rather add the new one in a second config, move the callers over, then take the old one out. "
                "Otherwise deploy models and API one right after the other when nobody calls."
            )
            yield danger(Topic.ENDPOINT, one.name, f"The endpoint is replaced: {one.traffic}", mend)
    before = {(one.stack, one.logical_id): one for one in fleets(base)}
    for fleet in fleets(head):
        old = before.get((fleet.stack, fleet.logical_id))
        if old is not None and old.name == fleet.name:
            yield from _refused(old, fleet)


def _refused(old: Fleet, new: Fleet) -> Iterator[Finding]:
    if old.scaled and old.instance_type != new.instance_type:
        what = (
            f"SageMaker refuses to change the instance type ({old.instance_type} → {new.instance_type}) of a variant "
            "that is scaled: the deploy fails and is rolled back."
        )
        mend = (
            "In three deploys: `scaling: {mode: fixed}` with the old type, then the new type, then the scaling again "
            "(docs/decisions/scale-to-zero.md)."
        )
        yield danger(Topic.ENDPOINT, new.name, what, mend)
    policy = new.deployment.get("BlueGreenUpdatePolicy") or new.deployment.get("RollingUpdatePolicy") or {}
    alarms = "AutoRollbackConfiguration" in new.deployment
    if "AutoRollbackConfiguration" in old.deployment and policy and not alarms:
        what = "A bad update is no longer rolled back: no alarm is asked during it."
        yield attention(Topic.ENDPOINT, new.name, what, "Keep `update: {rollback: true}`.")


def _added(fleet: Fleet) -> EndpointChange:
    start = _start(fleet)
    return EndpointChange(
        name=fleet.name,
        what="added",
        why=(f"{fleet.started} x {fleet.instance_type}",),
        interrupted=False,
        traffic="serves nobody yet",
        takes=timing.span(start.seconds) if start else "unknown: the catalog has no such model",
        extra=fleet.started,
        instance_type=fleet.instance_type,
    )


def _removed(fleet: Fleet) -> EndpointChange:
    return EndpointChange(
        name=fleet.name,
        what="removed",
        why=(),
        interrupted=True,
        traffic="requests for its model fail",
        takes="",
        extra=0,
        instance_type=fleet.instance_type,
    )


def _changed(old: Fleet, new: Fleet, by_id: Mapping[tuple[str, str], Change]) -> EndpointChange:
    touched = [by_id[new.stack, one] for one in new.logical_ids if (new.stack, one) in by_id]
    endpoint = by_id.get((new.stack, new.logical_id))
    why = tuple(_reasons(old, new, touched))
    start = _start(new)
    if endpoint is not None and endpoint.action in REPLACING:
        traffic = (
            f"the new one, {new.name}, is made first; then the old one, {old.name}, is deleted with the models stack, "
            "and requests fail until the API stack, deployed after it, calls the new name."
        )
        takes = timing.span(start.seconds) if start else "unknown: the catalog has no such model"
        return EndpointChange(old.name, "replaced", why, True, traffic, takes, new.started, new.instance_type)
    renewed = [change for change in touched if not change.only_tags and _renews(change)]
    if not renewed:
        what = "unchanged" if not touched and not why else "changed without a new fleet"
        return EndpointChange(new.name, what, why, False, "goes on", "", 0, new.instance_type)
    if start is None:
        return EndpointChange(
            new.name, "updated", why, False, "goes on", "unknown: the catalog has no such model", new.started,
            new.instance_type,
        )  # fmt: skip
    count = max(1, new.fewest if new.components else max(new.started, old.fewest))
    plan = timing.update(new.deployment, count, start)
    words = f"goes on: {plan.words}"
    if new.components and new.fewest == 0:
        words += "; while there is no copy, the front answers 503 as before"
    takes = f"{timing.span(plan.seconds)}; SageMaker gives up after {plan.limit / 3600:g} h"
    return EndpointChange(new.name, "updated", why, False, words, takes, plan.extra, new.instance_type)


def _renews(change: Change) -> bool:
    """Whether new instances or copies have to start for it."""
    if change.type == "AWS::SageMaker::Endpoint":
        return any(one.name == "EndpointConfigName" for one in change.properties)
    if change.type == "AWS::SageMaker::InferenceComponent":
        return any(one.name == "Specification" for one in change.properties)
    return False


def _reasons(old: Fleet, new: Fleet, touched: list[Change]) -> Iterator[str]:
    for words, one, other in (
        ("instance type", old.instance_type, new.instance_type),
        ("instances", _bounds(old), _bounds(new)),
        ("kind", _kind(old), _kind(new)),
    ):
        if one != other:
            yield f"{words} {one} → {other}"
    for change in touched:
        if change.type == "AWS::SageMaker::Model":
            before, after = (
                (one or {}).get("Properties", {}).get("PrimaryContainer", {}) for one in (change.before, change.after)
            )
            yield from _of_container(before, after)
            if change.through:
                yield f"its network, through {change.through}"
    if old.deployment != new.deployment:
        yield "how it is updated"


def _of_container(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[str]:
    if before.get("Image") != after.get("Image"):
        yield "image " + " → ".join(str(one.get("Image")).rpartition(":")[2] for one in (before, after))
    if before.get("ModelDataSource") != after.get("ModelDataSource"):
        yield "weights"
    old, new = (one.get("Environment") or {} for one in (before, after))
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield f"{name} {old.get(name, 'not set')} → {new.get(name, 'not set')}"


def _bounds(fleet: Fleet) -> str:
    return str(fleet.fewest) if fleet.fewest == fleet.most else f"{fleet.fewest} to {fleet.most}"


def _kind(fleet: Fleet) -> str:
    return "with inference components" if fleet.components else "ordinary"


def _start(fleet: Fleet) -> timing.Start | None:
    return None if fleet.weights_gib is None else timing.start(fleet.weights_gib, *fleet.limits)
