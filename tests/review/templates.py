"""Assemblies made of a few resources, for one rule at a time."""

from __future__ import annotations

from typing import Any

from falconry.assembly.cloud_assembly import EMPTY, CloudAssembly, Stack
from falconry.review.findings import Finding, Level
from falconry.review.report import Deployment, deployment


def resource(kind: str, properties: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """A resource as a template has it."""
    return {"Type": f"AWS::{kind}", "Properties": properties or {}, **attributes}


def assembly(resources: dict[str, Any], outputs: dict[str, Any] | None = None, name: str = "one") -> CloudAssembly:
    """One stack."""
    return CloudAssembly({name: Stack(name, "us-east-1", resources, outputs or {}, {}, True)})


def both(*assemblies: CloudAssembly) -> CloudAssembly:
    """Their stacks together."""
    return CloudAssembly({name: stack for one in assemblies for name, stack in one.stacks.items()})


def compared(before: dict[str, Any] | None, after: dict[str, Any]) -> Deployment:
    """The review of a stack with these resources, before and after; None where there was no stack."""
    return deployment("", EMPTY if before is None else assembly(before), assembly(after))


def said(found: Deployment, level: Level) -> list[str]:
    """What the findings of a level say."""
    return [finding.what for finding in found.findings if finding.level == level]


def only(found: Deployment) -> Finding:
    """The one finding that is more than a note."""
    (finding,) = (one for one in found.findings if one.level != Level.NOTE)
    return finding
