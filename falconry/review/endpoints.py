"""What the change does to each endpoint: whether requests fail during the deploy, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from falconry.assembly.cloud_assembly import CloudAssembly
from falconry.assembly.fleets import Fleet
from falconry.assembly.values import Reader
from falconry.catalog.endpoint_updates import LONGEST_START_SECONDS, refuses_instance_type
from falconry.review import timing
from falconry.review.comparison import Comparison
from falconry.review.findings import Finding, Topic, attention, danger
from falconry.review.resources import GONE, REPLACING, ResourceChange

UNKNOWN = "unknown: the model is not in the catalog"
RUNTIME_SERVICE = ".sagemaker.runtime"
"""The end of the service name of the VPC endpoint through which the gateway function calls the models."""

CUT_OFF = "the gateway function cannot reach SageMaker between the network's deploy and the API's"


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """One endpoint.

    Attributes:
        name: before the change; `new_name` after it.
        what: "added", "removed", "replaced", "updated", "changed without a new fleet", "unchanged".
        why: the changes that cause it, such as "instance type ml.g5.2xlarge → ml.g5.12xlarge".
        interrupted: whether requests fail during the deploy.
        traffic: what happens to requests, in words.
        takes: how long, "" if no instance is started.
        extra: instances of `instance_type` that run in addition to the old ones; the quota has to allow them.
    """

    name: str
    new_name: str
    what: str
    why: tuple[str, ...]
    interrupted: bool
    traffic: str
    takes: str
    extra: int
    instance_type: str


def endpoint_changes(comparison: Comparison) -> list[EndpointChange]:
    """Every endpoint of both sides, the head's first."""
    by_id = {(change.stack.name, change.logical_id): change for change in comparison.changes}
    old, new = comparison.kept.fleets, comparison.head.fleets
    found = [_changed(old[key], one, by_id) if key in old else _added(one) for key, one in new.items()]
    found += [_removed(one) for key, one in old.items() if key not in new]
    if not _cut_off(comparison.base.assembly, comparison.changes):
        return found
    return [
        replace(one, interrupted=True, traffic=CUT_OFF) if one.what not in ("added", "removed", "replaced") else one
        for one in found
    ]


def findings(comparison: Comparison, found: Sequence[EndpointChange]) -> Iterator[Finding]:
    """Dangerous changes, and those that SageMaker would refuse."""
    for one in found:
        if one.what == "removed":
            what = "The endpoint is deleted: requests for its model fail after the deploy."
            mend = "Move its callers to another model first; the access log shows who still calls it."
            yield danger(Topic.ENDPOINT, one.name, what, mend)
        elif one.what == "replaced":
            what = (
                f"The endpoint is replaced by `{one.new_name}`. The models stack deletes the old one, and "
                "requests fail until the API stack, which is deployed after it, calls the new one."
            )
            mend = (
                "Deploy the new one as a second config, move the callers over, then remove this one. "
                "Otherwise deploy the models and the API stacks back to back at a quiet time."
            )
            yield danger(Topic.ENDPOINT, one.name, what, mend)
    cut = [one.name for one in found if one.traffic == CUT_OFF]
    if cut:
        mend = "Deploy a second config and move the callers over, or announce a maintenance window."
        yield danger(Topic.ENDPOINT, ", ".join(cut), f"Requests fail during the deploy: {CUT_OFF}.", mend)
    for key, fleet in comparison.head.fleets.items():
        old = comparison.base.fleets.get(key)
        if old is not None and old.name == fleet.name:
            yield from _refused(old, fleet)
        start = _start(fleet)
        if start is not None and not start.in_time and any(one.new_name == fleet.name and one.takes for one in found):
            what = (
                f"{fleet.weights_gib:.0f} GiB of weights may take too long: SageMaker times out after "
                f"{fleet.limits[0]:g} s of download or {fleet.limits[1]:g} s of container startup."
            )
            yield attention(
                Topic.ENDPOINT, fleet.name, what, f"Set both to {LONGEST_START_SECONDS} s, SageMaker's maximum."
            )


def _cut_off(base: CloudAssembly, changes: Sequence[ResourceChange]) -> bool:
    """Whether the network's deploy removes the way to the models from a gateway function in that VPC."""
    lost = any(
        change.type == "AWS::EC2::VPCEndpoint"
        and change.before is not None
        and change.action in REPLACING | GONE
        and Reader(base, change.stack).text(change.before["Properties"]["ServiceName"]).endswith(RUNTIME_SERVICE)
        for change in changes
    )
    return lost and any("VpcConfig" in one["Properties"] for _, _, one in base.of_type("AWS::Lambda::Function"))


def _refused(old: Fleet, new: Fleet) -> Iterator[Finding]:
    if refuses_instance_type(old.instance_type, new.instance_type, scaled=old.scaled):
        what = (
            f"SageMaker refuses to change the instance type ({old.instance_type} → {new.instance_type}) of a variant "
            "with auto scaling: the deploy fails and rolls back."
        )
        mend = (
            "Use three deploys: set `scaling: {mode: fixed}`, then change the type, then restore the scaling "
            "(docs/decisions/scale-to-zero.md)."
        )
        yield danger(Topic.ENDPOINT, new.name, what, mend)
    if "AutoRollbackConfiguration" in old.deployment and "AutoRollbackConfiguration" not in new.deployment:
        what = "A failing update is no longer rolled back: no alarm watches it."
        yield attention(Topic.ENDPOINT, new.name, what, "Keep `update: {rollback: true}`.")
    start = _start(new)
    if start is None or old == new:
        return
    plan = timing.update(new.deployment, _count(old, new), start)
    if plan.seconds[1] > plan.limit:
        what = (
            f"An update may take {timing.span(plan.seconds)}; SageMaker times out after {plan.limit / 3600:g} h and "
            "rolls it back."
        )
        yield attention(Topic.ENDPOINT, new.name, what, "Use larger steps (`update.step_percent`) or shorter waits.")


def _added(fleet: Fleet) -> EndpointChange:
    return EndpointChange(
        name=fleet.name,
        new_name=fleet.name,
        what="added",
        why=(f"{fleet.started} x {fleet.instance_type}",),
        interrupted=False,
        traffic="none yet",
        takes=_first_start(fleet),
        extra=fleet.started,
        instance_type=fleet.instance_type,
    )


def _removed(fleet: Fleet) -> EndpointChange:
    return EndpointChange(
        name=fleet.name,
        new_name="",
        what="removed",
        why=(),
        interrupted=True,
        traffic="requests for its model fail",
        takes="",
        extra=0,
        instance_type=fleet.instance_type,
    )


def _changed(old: Fleet, new: Fleet, by_id: Mapping[tuple[str, str], ResourceChange]) -> EndpointChange:
    touched = [by_id[new.stack, one] for one in new.logical_ids if (new.stack, one) in by_id]
    why = tuple(dict.fromkeys(_reasons(old, new, touched)))
    same = EndpointChange(old.name, new.name, "unchanged", why, False, "uninterrupted", "", 0, new.instance_type)
    endpoint = by_id.get((new.stack, new.logical_id))
    if endpoint is not None and endpoint.action in REPLACING:
        return replace(
            same,
            what="replaced",
            interrupted=True,
            traffic="until the API calls the new endpoint",
            takes=_first_start(new),
            extra=new.started,
        )
    if not any(_renews(change) for change in touched):
        return replace(same, what="changed without a new fleet") if touched or why else same
    start = _start(new)
    if start is None:
        return replace(same, what="updated", takes=UNKNOWN, extra=new.started)
    plan = timing.update(new.deployment, _count(old, new), start)
    words = f"uninterrupted: {plan.words}"
    if new.components and new.fewest == 0:
        words += "; while no copy runs, the API answers 503 as before"
    takes = f"{timing.span(plan.seconds)} (timeout {plan.limit / 3600:g} h)"
    return replace(same, what="updated", traffic=words, takes=takes, extra=plan.extra)


def _count(old: Fleet, new: Fleet) -> int:
    """How many instances an update replaces, as far as templates tell: the fewest that run."""
    return max(1, new.fewest if new.components else max(new.started, old.fewest))


def _renews(change: ResourceChange) -> bool:
    """Whether new instances or copies have to start for it."""
    if change.type == "AWS::SageMaker::Endpoint":
        return any(one.name == "EndpointConfigName" for one in change.properties)
    if change.type == "AWS::SageMaker::InferenceComponent":
        return any(one.name == "Specification" for one in change.properties)
    return False


def _reasons(old: Fleet, new: Fleet, touched: list[ResourceChange]) -> Iterator[str]:
    for words, one, other in (
        ("instance type", old.instance_type, new.instance_type),
        ("instances", _bounds(old), _bounds(new)),
        ("hosting", _hosting(old), _hosting(new)),
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
                yield f"network, through {change.through}"
            else:
                yield from (one.name for one in change.properties if one.name not in ("PrimaryContainer", "Tags"))
    if old.deployment != new.deployment:
        yield "update policy"


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


def _hosting(fleet: Fleet) -> str:
    return "inference components" if fleet.components else "dedicated instances"


def _first_start(fleet: Fleet) -> str:
    start = _start(fleet)
    return UNKNOWN if start is None else f"{timing.span(start.seconds)} (timeout {start.limit / 3600:g} h)"


def _start(fleet: Fleet) -> timing.Start | None:
    return None if fleet.weights_gib is None else timing.start(fleet.weights_gib, *fleet.limits)
