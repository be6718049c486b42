"""A deployment before and after: each side read once, and what happens to every resource.

Every check takes a `Comparison` and yields findings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from falconry.assembly.cloud_assembly import CloudAssembly, Resource, Stack
from falconry.assembly.fleets import Fleet, fleets
from falconry.review.methods import Method, methods
from falconry.review.policies import Holder, Policy, policies
from falconry.review.resources import ResourceChange, changed_resources, left_stacks


@dataclass(frozen=True)
class Side:
    """An assembly, with what several checks need from it."""

    assembly: CloudAssembly

    @cached_property
    def fleets(self) -> Mapping[tuple[str, str], Fleet]:
        """(stack, logical id of the endpoint) to its fleet."""
        return {(one.stack, one.logical_id): one for one in fleets(self.assembly)}

    @cached_property
    def methods(self) -> Mapping[tuple[str, str], Method]:
        """(stack, logical id) to the API's methods."""
        return methods(self.assembly)

    @cached_property
    def policies(self) -> Mapping[Holder, Policy]:
        """All grants by role, trust and resource."""
        return policies(self.assembly)

    def resource(self, stack: str, logical_id: str) -> Resource | None:
        """A resource, or None if this side does not have it."""
        found = self.assembly.stacks.get(stack)
        return found.resources.get(logical_id) if found else None

    def has(self, stack: str, logical_id: str) -> bool:
        return self.resource(stack, logical_id) is not None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A deployment before and after.

    Attributes:
        base: everything that runs before.
        head: everything that the head describes.
        left: the stacks of the base that the head no longer describes. They run on and nobody updates them.
        kept: the base without those.
        running: everything that runs after the deploy: the head, and what is left.
        changes: what happens to every resource, stack by stack.
    """

    base: Side
    head: Side
    left: Side
    kept: Side
    running: Side
    changes: Sequence[ResourceChange]

    @classmethod
    def of(cls, base: CloudAssembly, head: CloudAssembly) -> Comparison:
        """Compares two assemblies."""
        left = {stack.name: stack for stack in left_stacks(base, head)}
        kept: Mapping[str, Stack] = {name: stack for name, stack in base.stacks.items() if name not in left}
        return cls(
            base=Side(base),
            head=Side(head),
            left=Side(CloudAssembly(left)),
            kept=Side(CloudAssembly(kept)),
            running=Side(CloudAssembly({**head.stacks, **left})),
            changes=changed_resources(base, head),
        )
