"""The resources of one deployment, and which of them refers to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly
from falconry.assembly.values import references


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource; `stack` is the last part of its stack's name ("network")."""

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]

    def at(self, path: str) -> Any:
        """The property at a dotted path ("Integration.Uri"), or None."""
        value: Any = self.properties
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def __hash__(self) -> int:
        return hash((self.stack, self.logical_id))


class ResourceGraph:
    """All resources of a cloud assembly as a graph."""

    def __init__(self, assembly: CloudAssembly) -> None:
        self._outputs = {name: stack.outputs for name, stack in assembly.stacks.items()}
        self._resources = {
            (name, logical_id): Resource(
                name.rpartition("-")[2], logical_id, resource["Type"], resource.get("Properties", {})
            )
            for name, stack in sorted(assembly.stacks.items())
            for logical_id, resource in stack.resources.items()
        }
        self._stack_names = {name.rpartition("-")[2]: name for name in assembly.stacks}

    def of_type(self, type_: str) -> list[Resource]:
        """All resources of a CloudFormation type, in the order of the stacks and templates."""
        return [resource for resource in self._resources.values() if resource.type == type_]

    def all(self) -> list[Resource]:
        """Every resource."""
        return list(self._resources.values())

    def referred(self, resource: Resource, path: str = "") -> list[Resource]:
        """What the resource, or one property of it, refers to, also through another stack's output.

        Each appears once, in the order of the template.
        """
        value = resource.at(path) if path else resource.properties
        found = self._referred(self._stack_names[resource.stack], value)
        return list(dict.fromkeys(found))

    def _referred(self, stack: str, value: Any) -> Iterator[Resource]:
        for reference in references(value):
            if isinstance(reference, tuple):
                other, output = reference
                yield from self._referred(other, self._outputs[other][output])
            elif (stack, reference) in self._resources:
                yield self._resources[stack, reference]


def text(value: Any) -> str:
    """A property as one text: joined parts in their place, references as `*`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return " ".join(map(text, value))
    if isinstance(value, Mapping):
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return str(separator).join(map(text, parts))
        if "Ref" in value or "Fn::GetAtt" in value or "Fn::GetStackOutput" in value:
            return "*"
        return " ".join(map(text, value.values()))
    return str(value)
