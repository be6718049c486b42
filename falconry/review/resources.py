"""What happens to every resource: added, changed in place, replaced, removed, or left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Resource, Stack
from falconry.assembly.resource_schemas import Path, resource_type
from falconry.assembly.values import differences, references

Output = tuple[str, str]
"""A stack's name and the name of one of its outputs."""

ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "CreationPolicy", "UpdatePolicy", "Condition")
"""The attributes that count besides type and properties. DependsOn and Metadata do not affect what runs."""


class Action(StrEnum):
    """What CloudFormation does with a resource."""

    ADDED = "added"
    CHANGED = "changed"
    REPLACED = "replaced"
    MAY_BE_REPLACED = "may be replaced"
    REMOVED = "removed"
    LEFT_BEHIND = "left behind"


class Impact(StrEnum):
    """What the change of one property does to its resource."""

    IN_PLACE = "in place"
    MAY_REPLACE = "may replace"
    REPLACES = "replaces"


REPLACING = frozenset({Action.REPLACED, Action.MAY_BE_REPLACED})
GONE = frozenset({Action.REMOVED, Action.LEFT_BEHIND})


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property, or an attribute such as DeletionPolicy. `before` and `after` are equal where only what they refer to
    changes."""

    name: str
    before: Any
    after: Any
    impact: Impact = Impact.IN_PLACE


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One changed resource.

    Attributes:
        before, after: the resource in the templates, None where it is not there.
        through: the stack whose change reaches this one, where this one's template alone does not tell.
    """

    stack: Stack
    logical_id: str
    type: str
    action: Action
    before: Resource | None
    after: Resource | None
    properties: tuple[PropertyChange, ...] = ()
    through: str | None = None

    @property
    def path(self) -> str:
        return self.stack.path(self.logical_id)

    @property
    def only_tags(self) -> bool:
        return self.action == Action.CHANGED and {change.name for change in self.properties} == {"Tags"}


def changed_resources(base: CloudAssembly, head: CloudAssembly) -> list[ResourceChange]:
    """Every change, stack by stack, also those that reach a stack through another's outputs.

    A stack that `head` no longer has is not here: the CDK leaves it alone (`left_stacks`).
    """
    own = {name: _stack_changes(base.stacks.get(name), stack, frozenset()) for name, stack in head.stacks.items()}
    known: list[ResourceChange] = []
    moved: frozenset[Output] = frozenset()
    while True:
        known = [
            change
            for name, stack in head.stacks.items()
            for change in _with_origin(_stack_changes(base.stacks.get(name), stack, moved), own[name], moved)
        ]
        now = frozenset(_moved_outputs(base, head, known))
        if now == moved:
            return known
        moved = now


def left_stacks(base: CloudAssembly, head: CloudAssembly) -> list[Stack]:
    """The stacks that the head no longer describes: they keep running, and nobody updates them."""
    return [stack for name, stack in base.stacks.items() if name not in head.stacks]


def _stack_changes(base: Stack | None, head: Stack, moved: Set[Output]) -> list[ResourceChange]:
    """Repeats until no replaced resource affects another one."""
    replaced: frozenset[str] = frozenset()
    while True:
        changes = list(_once(base, head, replaced, moved))
        now = frozenset(change.logical_id for change in changes if change.action == Action.REPLACED)
        if now == replaced:
            return changes
        replaced = now


def _once(base: Stack | None, head: Stack, replaced: Set[str], moved: Set[Output]) -> Iterator[ResourceChange]:
    old = base.resources if base else {}
    for logical_id, after in head.resources.items():
        before = old.get(logical_id)
        if before is None:
            yield ResourceChange(head, logical_id, after["Type"], Action.ADDED, None, after)
        elif before["Type"] != after["Type"]:
            yield ResourceChange(head, logical_id, after["Type"], Action.REPLACED, before, after)
        elif properties := tuple(_property_changes(before, after, head.region, replaced | moved)):
            yield ResourceChange(head, logical_id, after["Type"], _action(properties), before, after, properties)
    for logical_id, before in old.items():
        if logical_id not in head.resources and base is not None:
            kept = before.get("DeletionPolicy") in ("Retain", "RetainExceptOnCreate")
            action = Action.LEFT_BEHIND if kept else Action.REMOVED
            yield ResourceChange(base, logical_id, before["Type"], action, before, None)


def _property_changes(
    before: Resource, after: Resource, region: str, changed: Set[str | Output]
) -> Iterator[PropertyChange]:
    old, new = before.get("Properties", {}), after.get("Properties", {})
    kind = resource_type(after["Type"], region)
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name), new.get(name)
        if one != other:
            places = [path for path, _, _ in differences(one, other, (name,))]
        elif changed.isdisjoint(references(other)):
            continue
        else:
            places = list(_places(other, changed, (name,)))
        impact = Impact.IN_PLACE
        if any(_touches(place, path) for place in places for path in kind.create_only):
            impact = Impact.REPLACES
        elif any(_touches(place, path) for place in places for path in kind.conditional):
            impact = Impact.MAY_REPLACE
        yield PropertyChange(name, one, other, impact)
    for name in ATTRIBUTES:
        if before.get(name) != after.get(name):
            yield PropertyChange(name, before.get(name), after.get(name))


def _places(value: Any, changed: Set[str | Output], path: Path) -> Iterator[Path]:
    """The places in a value that refer to something changed."""
    if changed.isdisjoint(references(value)):
        return
    if isinstance(value, dict) and not any(key == "Ref" or key.startswith("Fn::") for key in value):
        for key, item in value.items():
            yield from _places(item, changed, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from _places(item, changed, (*path, "*"))
    else:
        yield path


def _touches(place: Path, path: Path) -> bool:
    """Whether a difference at `place` affects the property at `path`, a parent or a child of it."""
    return all(one == other for one, other in zip(place, path, strict=False))


def _action(properties: Iterable[PropertyChange]) -> Action:
    impacts = {change.impact for change in properties}
    if Impact.REPLACES in impacts:
        return Action.REPLACED
    return Action.MAY_BE_REPLACED if Impact.MAY_REPLACE in impacts else Action.CHANGED


def _with_origin(
    changes: Iterable[ResourceChange], own: Iterable[ResourceChange], moved: Set[Output]
) -> Iterator[ResourceChange]:
    """The changes, with the stack that causes them if this template alone does not explain them."""
    verdicts = {change.logical_id: change.action for change in own}
    for change in changes:
        if change.action == verdicts.get(change.logical_id):
            yield change
            continue
        stacks = {reference[0] for reference in references(change.after) if reference in moved and len(reference) == 2}
        origin = min(stacks) if stacks else min(stack for stack, _ in moved)
        yield ResourceChange(
            change.stack,
            change.logical_id,
            change.type,
            change.action,
            change.before,
            change.after,
            change.properties,
            origin,
        )


def _moved_outputs(base: CloudAssembly, head: CloudAssembly, changes: Iterable[ResourceChange]) -> Iterator[Output]:
    """Outputs whose value changes with the deploy although their readers' templates do not."""
    replaced: dict[str, set[str | Output]] = {}
    for change in changes:
        if change.action == Action.REPLACED:
            replaced.setdefault(change.stack.name, set()).add(change.logical_id)
    for name, stack in head.stacks.items():
        before = base.stacks.get(name)
        if before is None:
            continue
        for output, value in stack.outputs.items():
            if output not in before.outputs:
                continue
            if value != before.outputs[output] or not replaced.get(name, set()).isdisjoint(references(value)):
                yield name, output
