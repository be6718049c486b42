"""The deploy as a whole: stacks that are new, left behind or unprotected, and replacements that fail."""

from __future__ import annotations

from collections.abc import Iterator

from falconry.assembly.resource_schemas import resource_type
from falconry.review.comparison import Comparison, Side
from falconry.review.cost import fewest_usd_per_month
from falconry.review.data import of_left_stack
from falconry.review.findings import Finding, Topic, attention, danger, note
from falconry.review.resources import Action, ResourceChange


def findings(comparison: Comparison) -> Iterator[Finding]:
    """What the deploy does, where it fails, and what it leaves for a person to do."""
    yield from _left(comparison.left)
    for name, stack in comparison.head.assembly.stacks.items():
        before = comparison.base.assembly.stacks.get(name)
        if before is None:
            yield note(Topic.DEPLOY, name, f"New stack in {stack.region}.")
            continue
        if before.termination_protection and not stack.termination_protection:
            what = "Termination protection is turned off: `cdk destroy` can delete the stack."
            yield attention(Topic.DEPLOY, name, what, "Turn it back on once the reason for this is gone.")
        if before.region != stack.region:
            what = f"The stack moves from {before.region} to {stack.region}: the first one keeps running."
            mend = f"Destroy the one in {before.region} once the callers have moved."
            yield danger(Topic.DEPLOY, name, what, mend)
    for change in comparison.changes:
        yield from _name_taken(change)


def _left(side: Side) -> Iterator[Finding]:
    """Stacks left behind: the CDK never deletes a stack that an app no longer has."""
    left = list(side.assembly.stacks.values())
    if not left:
        return
    names = [stack.name for stack in left]
    running = [f"`{fleet.name}`" for fleet in side.fleets.values()]
    bill = fewest_usd_per_month(side)
    what = (
        f"{'This stack is' if len(left) == 1 else 'These stacks are'} no longer in the app. A deploy does not delete "
        f"{'it: it keeps' if len(left) == 1 else 'them: they keep'} running at ${bill:,.0f} per month, without updates."
    )
    if running:
        what += f" Endpoints: {', '.join(running)}."
    if held := [f"`{path}`" for stack in left for path in of_left_stack(stack)]:
        what += f" Data: {', '.join(held)}."
    mend = (
        "A renamed config is a new deployment with a new URL and new keys. Move the callers over, then "
        f"destroy the old one from the base branch: `npx cdk destroy -c config=... {' '.join(names)}`."
    )
    yield danger(Topic.DEPLOY, ", ".join(names), what, mend)


def _name_taken(change: ResourceChange) -> Iterator[Finding]:
    """Replacements with a fixed name: CloudFormation creates the new resource before it deletes the old one."""
    if change.action != Action.REPLACED or not change.before or not change.after:
        return
    identifier = resource_type(change.type, change.stack.region).identifier
    old, new = change.before.get("Properties", {}), change.after.get("Properties", {})
    if not identifier or change.before["Type"] != change.after["Type"]:
        return
    if all(isinstance(new.get(name), str) and old.get(name) == new[name] for name in identifier):
        names = " and ".join(f"`{new[name]}`" for name in identifier)
        replacing = ", ".join(f"`{one.name}`" for one in change.properties if one.impact == "replaces")
        what = f"The deploy fails: {replacing} needs a new {change.type}, and the old one still has the name {names}."
        yield danger(Topic.DEPLOY, change.path, what, "Change or remove its name in the same pull request.")
