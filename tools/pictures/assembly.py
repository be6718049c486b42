"""The templates of one deployment, and which resource of them refers to which."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


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


class Assembly:
    """All stacks in a folder that `cdk synth` wrote."""

    def __init__(self, folder: Path) -> None:
        self._templates = {
            file.name.removesuffix(".template.json"): json.loads(file.read_text(encoding="utf-8"))
            for file in sorted(folder.glob("*.template.json"))
        }
        self._resources = {
            (stack, logical_id): Resource(
                stack.rpartition("-")[2], logical_id, resource["Type"], resource.get("Properties", {})
            )
            for stack, template in self._templates.items()
            for logical_id, resource in template["Resources"].items()
        }
        self._stack_names = {stack.rpartition("-")[2]: stack for stack in self._templates}

    def of_type(self, type_: str) -> list[Resource]:
        """All resources of a CloudFormation type, in the order of the stacks and templates."""
        return [resource for resource in self._resources.values() if resource.type == type_]

    def all(self) -> list[Resource]:
        """Every resource."""
        return list(self._resources.values())

    def referred(self, resource: Resource, path: str = "") -> list[Resource]:
        """What the resource, or one property of it, refers to: by Ref and Fn::GetAtt, also of another stack's output.

        Each appears once, in the order of the template.
        """
        value = resource.at(path) if path else resource.properties
        found = self._referred(self._stack_names[resource.stack], value)
        return list(dict.fromkeys(found))

    def _referred(self, stack: str, value: Any) -> Iterator[Resource]:
        if isinstance(value, list):
            for item in value:
                yield from self._referred(stack, item)
        elif isinstance(value, Mapping):
            for key, item in value.items():
                if key == "Fn::GetStackOutput":
                    other = item["StackName"]
                    yield from self._referred(other, self._templates[other]["Outputs"][item["OutputName"]]["Value"])
                elif key in ("Ref", "Fn::GetAtt"):
                    name = item if isinstance(item, str) else item[0]
                    if (stack, name) in self._resources:
                        yield self._resources[stack, name]
                else:
                    yield from self._referred(stack, item)


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
