"""Resolving a template's values: parameters, conditions, intrinsic functions and dynamic references."""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import TemplateError
from .template import SUBSTITUTION, Template

_DYNAMIC_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^}]*)\}\}")
_NO_VALUE: Any = object()


class ResourceValues(Protocol):
    """Where `Ref` and `Fn::GetAtt` to a resource are answered."""

    def ref(self, logical_id: str) -> str: ...

    def attribute(self, logical_id: str, name: str) -> Any: ...


@dataclass
class Resolver:
    """Resolves values of one template for one stack.

    parameters: values by name, lists already split. pseudo: `AWS::Region` and the like.
    imports: exported values of the region. dynamic: reads `{{resolve:service:key}}`.
    stack_outputs: the value of an output, by stack name, output name and region.
    """

    template: Template
    parameters: Mapping[str, Any]
    pseudo: Mapping[str, Any]
    resources: ResourceValues
    imports: Callable[[str], str]
    stack_outputs: Callable[[str, str, str], str]
    zones: Callable[[str], list[str]]
    dynamic: Callable[[str, str], str]
    _conditions: dict[str, bool] = field(default_factory=dict)

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function applied; members that are `AWS::NoValue` are left out."""
        resolved = self._resolve(value)
        return None if resolved is _NO_VALUE else resolved

    def included(self, item: Mapping[str, Any]) -> bool:
        """Whether a resource or output is part of the stack, by its `Condition`."""
        return "Condition" not in item or self.condition(item["Condition"])

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            conditions = self.template.document.get("Conditions") or {}
            if name not in conditions:
                raise TemplateError(f"Template format error: Unresolved condition dependency {name}")
            self._conditions[name] = self._truth(conditions[name])
        return self._conditions[name]

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(self._resolve, value) if item is not _NO_VALUE]
        if isinstance(value, str):
            return _DYNAMIC_REFERENCE.sub(lambda match: self.dynamic(match[1], match[2]), value)
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            (name, argument), *_ = value.items()
            function = _FUNCTIONS.get(name)
            if function is not None:
                return function(self, argument)
            if name.startswith("Fn::"):
                raise TemplateError(f"Template error: {name} is not supported. Supported: {sorted(_FUNCTIONS)}")
        members = {key: self._resolve(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not _NO_VALUE}

    def _truth(self, value: Any) -> bool:
        (name, argument), *_ = value.items()
        match name:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                left, right = (self._resolve(item) for item in argument)
                return bool(left == right)
            case "Fn::And":
                return all(self._truth(item) for item in argument)
            case "Fn::Or":
                return any(self._truth(item) for item in argument)
            case "Fn::Not":
                return not self._truth(argument[0])
        raise TemplateError(f"Template error: {name} is not a condition function")

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        return self.resources.ref(name)

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self.resources.attribute(name, str(self._resolve(attribute)))

    def _if(self, argument: list[Any]) -> Any:
        name, if_true, if_false = argument
        return self._resolve(if_true if self.condition(name) else if_false)

    def _get_stack_output(self, argument: Any) -> str:
        where = self._resolve(argument)
        region = where.get("Region", self.pseudo["AWS::Region"])
        return self.stack_outputs(where["StackName"], where["OutputName"], region)

    def _join(self, argument: list[Any]) -> str:
        separator, items = argument
        return str(separator).join(_text(item) for item in self._resolve(items))

    def _sub(self, argument: Any) -> str:
        text, local = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])

        def substitute(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in local:
                return _text(self._resolve(local[name]))
            return _text(self._get_att(name) if "." in name else self._ref(name))

        return str(self._resolve(SUBSTITUTION.sub(substitute, text).replace("${!", "${")))

    def _select(self, argument: list[Any]) -> Any:
        index, items = (self._resolve(item) for item in argument)
        try:
            return items[int(index)]
        except IndexError as error:
            raise TemplateError(f"Template error: Fn::Select cannot select index {index} of {len(items)}") from error

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = (self._resolve(item) for item in argument)
        return str(text).split(separator)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second, *options = (self._resolve(item) for item in argument)
        mapping = (self.template.document.get("Mappings") or {}).get(name, {})
        if first in mapping and second in mapping[first]:
            return mapping[first][second]
        if options and "DefaultValue" in options[0]:
            return options[0]["DefaultValue"]
        raise TemplateError(f"Template error: Unable to get mapping for {name}::{first}::{second}")

    def _cidr(self, argument: list[Any]) -> list[str]:
        block, count, *bits = (self._resolve(item) for item in argument)
        network = ipaddress.ip_network(block)
        length = network.max_prefixlen - int(bits[0] if bits else 8)
        subnets = network.subnets(new_prefix=length)
        return [str(next(subnets)) for _ in range(int(count))]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


_FUNCTIONS: dict[str, Callable[[Resolver, Any], Any]] = {
    "Ref": Resolver._ref,
    "Fn::GetAtt": Resolver._get_att,
    "Fn::If": Resolver._if,
    "Fn::Join": Resolver._join,
    "Fn::Sub": Resolver._sub,
    "Fn::Select": Resolver._select,
    "Fn::Split": Resolver._split,
    "Fn::FindInMap": Resolver._find_in_map,
    "Fn::Cidr": Resolver._cidr,
    "Fn::GetStackOutput": Resolver._get_stack_output,
    "Fn::ImportValue": lambda self, argument: self.imports(self._resolve(argument)),
    "Fn::GetAZs": lambda self, argument: self.zones(self._resolve(argument) or self.pseudo["AWS::Region"]),
    "Fn::Base64": lambda self, argument: base64.b64encode(self._resolve(argument).encode()).decode(),
    "Fn::Length": lambda self, argument: len(self._resolve(argument)),
    "Fn::ToJsonString": lambda self, argument: json.dumps(self._resolve(argument), separators=(",", ":")),
}
