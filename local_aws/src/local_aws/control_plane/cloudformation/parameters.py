"""The parameters of a stack: given, defaulted, kept from before, or read from the parameter store."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import ValidationError
from .stack import Parameter
from .template import Template

_FROM_STORE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")


def settle(
    template: Template,
    given: Iterable[Mapping[str, Any]],
    previous: Mapping[str, Parameter],
    read_store: Callable[[str], str],
) -> dict[str, Parameter]:
    """Every parameter of the template with its value, by name.

    given: `ParameterKey` with `ParameterValue` or `UsePreviousValue`, as the API takes them. Parameters that live in
    the parameter store are read anew each time, also with UsePreviousValue: the previous value is the name, not what it
    held.
    """
    requested = {item["ParameterKey"]: item for item in given}
    if unknown := sorted(set(requested) - set(template.parameters)):
        raise ValidationError(f"Parameters: {unknown} do not exist in the template")
    settled: dict[str, Parameter] = {}
    missing: list[str] = []
    for key, declaration in template.parameters.items():
        request = requested.get(key, {})
        if request.get("UsePreviousValue") and key in previous:
            value: Any = previous[key].value
        elif "ParameterValue" in request:
            value = request["ParameterValue"]
        else:
            value = declaration.get("Default")
        if value is None:
            missing.append(key)
            continue
        value = _text(value)
        _check(key, value, declaration)
        stored = _FROM_STORE.fullmatch(declaration.get("Type", "String"))
        settled[key] = Parameter(
            key,
            value,
            hidden=str(declaration.get("NoEcho", False)).lower() == "true",
            resolved=read_store(value) if stored else None,
        )
    if missing:
        raise ValidationError(f"Parameters: {missing} must have values")
    return settled


def values(template: Template, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """What `Ref` to each parameter gives: lists split, numbers as they are written."""
    answer: dict[str, Any] = {}
    for key, parameter in parameters.items():
        kind = template.parameters[key].get("Type", "String")
        stored = _FROM_STORE.fullmatch(kind)
        kind = stored[1] if stored else kind
        value = parameter.value if parameter.resolved is None else parameter.resolved
        is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
        answer[key] = [item.strip() for item in value.split(",")] if is_list else value
    return answer


def _check(key: str, value: str, declaration: Mapping[str, Any]) -> None:
    allowed = [_text(item) for item in declaration.get("AllowedValues", ())]
    if allowed and value not in allowed:
        raise ValidationError(f"Parameter '{key}' must be one of AllowedValues {allowed}, not {value!r}")
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        raise ValidationError(f"Parameter '{key}' must match pattern {pattern}, not {value!r}")
    if declaration.get("Type") == "Number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        raise ValidationError(f"Parameter '{key}' must be a number, not {value!r}")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_text(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
