"""What a template would change in a stack, as a change set lists it."""

from typing import Any

from .environment import Environment
from .resources import final_properties
from .schemas import schema_of
from .stack import Parameter, Stack
from .template import Template

_OTHER_SECTIONS = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy")
_KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"


class _ExpectedValues:
    """`Ref` and `Fn::GetAtt` before anything is done: new and replaced resources have no value yet."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.unknown: set[str] = set()

    def ref(self, logical_id: str) -> str:
        resource = self._stack.resources.get(logical_id)
        return _KNOWN_AFTER_APPLY if resource is None or logical_id in self.unknown else resource.physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        resource = self._stack.resources.get(logical_id)
        if resource is None or logical_id in self.unknown:
            return _KNOWN_AFTER_APPLY
        return resource.attributes.get(name, _KNOWN_AFTER_APPLY)


def expected_changes(
    environment: Environment, stack: Stack, template: Template, parameters: dict[str, Parameter], tags: dict[str, str]
) -> list[dict[str, Any]]:
    """ResourceChange objects, in the order in which they would be made; removals last."""
    values = _ExpectedValues(stack)
    resolver = environment.resolver(stack, template, parameters, values)
    changes: list[dict[str, Any]] = []
    included = [name for name in template.order() if resolver.included(template.resources[name])]
    for name in included:
        definition = template.resources[name]
        existing = stack.resources.get(name)
        change = {"LogicalResourceId": name, "ResourceType": definition["Type"], "Scope": [], "Details": []}
        if existing is None:
            changes.append(change | {"Action": "Add"})
            continue
        properties = final_properties(resolver, definition, tags)
        schema = schema_of(definition["Type"])
        details = [
            _detail(property_name, _recreates(schema, property_name, existing.properties, properties))
            for property_name in sorted({*properties, *existing.properties})
            if properties.get(property_name) != existing.properties.get(property_name)
        ]
        scope = ["Properties"] if details else []
        scope += [name for name in _OTHER_SECTIONS if definition.get(name) != existing.definition.get(name)]
        if not scope:
            continue
        replaced = any(detail["Target"]["RequiresRecreation"] == "Always" for detail in details)
        if replaced:
            values.unknown.add(name)
        changes.append(
            change
            | {
                "Action": "Modify",
                "PhysicalResourceId": existing.physical_id,
                "Replacement": "True" if replaced else "False",
                "Scope": scope,
                "Details": details,
            }
        )
    for name in sorted(set(stack.resources) - set(included)):
        resource = stack.resources[name]
        changes.append(
            {
                "Action": "Remove",
                "LogicalResourceId": name,
                "PhysicalResourceId": resource.physical_id,
                "ResourceType": resource.resource_type,
                "Scope": [],
                "Details": [],
            }
        )
    return changes


def _recreates(schema: Any, name: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    if schema is None:
        return False
    return bool(schema.replaces({name: old.get(name)}, {name: new.get(name)}))


def _detail(name: str, recreates: bool) -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": "Always" if recreates else "Never"}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}
