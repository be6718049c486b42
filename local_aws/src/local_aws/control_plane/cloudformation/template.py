"""Reading a template: JSON or YAML, its resources, and which resource refers to which."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any, cast

import yaml

from .errors import TemplateError

SUBSTITUTION = re.compile(r"\$\{([^!][^}]*)\}")
_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
    }
)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref`, `!Sub`, ...); dates stay text, as CloudFormation keeps them."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(cast(yaml.MappingNode, node), deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
_Loader.add_constructor(
    "tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(cast(yaml.ScalarNode, node))
)


@dataclass(frozen=True)
class Template:
    """A parsed template. `body` is the text as it was submitted (GetTemplate gives it back)."""

    body: str
    document: dict[str, Any]

    @classmethod
    def parse(cls, body: str) -> "Template":
        """Raises TemplateError if the text is no template, has unknown sections, or refers to what is not there."""
        try:
            document = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, Loader=_Loader)  # noqa: S506
        except (ValueError, yaml.YAMLError) as error:
            raise TemplateError(f"Template format error: neither JSON nor YAML. {error}") from error
        if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
            raise TemplateError("Template format error: At least one Resources member must be defined.")
        if unknown := sorted(set(document) - _SECTIONS):
            raise TemplateError(f"Template sections that the emulated CloudFormation does not support: {unknown}")
        for name, resource in document["Resources"].items():
            if not isinstance(resource, dict) or not isinstance(resource.get("Type"), str):
                raise TemplateError(f"Template format error: [/Resources/{name}] has no Type")
        template = cls(body, document)
        template.order()
        return template

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        resources: dict[str, dict[str, Any]] = self.document["Resources"]
        return resources

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        return self.document.get("Parameters") or {}

    @property
    def outputs(self) -> dict[str, dict[str, Any]]:
        return self.document.get("Outputs") or {}

    def order(self) -> list[str]:
        """Logical ids, every resource after those that it refers to or depends on."""
        sorter = TopologicalSorter({name: self.dependencies(name) for name in self.resources})
        try:
            return list(sorter.static_order())
        except CycleError as error:
            raise TemplateError(f"Circular dependency between resources: {sorted(set(error.args[1]))}") from error

    def dependencies(self, name: str) -> set[str]:
        """Logical ids that must exist before the resource; an unknown name in DependsOn or Ref is an error."""
        resource = self.resources[name]
        explicit = resource.get("DependsOn", [])
        depends_on = {explicit} if isinstance(explicit, str) else set(explicit)
        references = set(_references(resource.get("Properties", {})))
        if unknown := sorted((depends_on | references) - set(self.resources) - set(self.parameters)):
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies {unknown} in the Resources block"
            )
        return (depends_on | references) & set(self.resources)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
        return
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key == "Ref" and isinstance(item, str) and len(value) == 1:
            if not item.startswith("AWS::"):
                yield item
        elif key == "Fn::GetAtt":
            yield item.split(".", 1)[0] if isinstance(item, str) else item[0]
        elif key == "Fn::Sub":
            text, local = (item, {}) if isinstance(item, str) else (item[0], item[1])
            names = {match.split(".", 1)[0] for match in SUBSTITUTION.findall(text)}
            yield from (name for name in names if name not in local and not name.startswith("AWS::"))
            yield from _references(local)
        else:
            yield from _references(item)
