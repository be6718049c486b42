"""From CloudFormation's properties to an AWS API request, and the check that nothing was lost on the way.

CloudFormation and the service APIs mostly use the same names in another case (`RestApiId`, `restApiId`) and the same
types in another form (`"900"`, `900`). botocore's model of the operation says which is wanted.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape


def fitted(operation: OperationModel, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the names and types of the operation's request. A name that it does not know is left as it is,
    so that botocore refuses it by name."""
    shape = operation.input_shape
    fit: dict[str, Any] = _fit(shape, values) if shape is not None else dict(values)
    return fit


def _fit(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = {name.lower(): name for name in shape.members}
        fit: dict[str, Any] = {}
        for key, item in value.items():
            name = members.get(str(key).lower(), str(key))
            fit[name] = _fit(shape.members[name], item) if name in shape.members else item
        return fit
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_fit(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {str(key): _fit(shape.value, item) for key, item in value.items()}
    return _scalar(shape.type_name, value)


def _scalar(kind: str, value: Any) -> Any:
    if kind in ("integer", "long") and isinstance(value, str | float):
        return int(value)
    if kind in ("float", "double") and isinstance(value, str | int):
        return float(value)
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "string":
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            return str(value)
        if isinstance(value, dict | list):
            return json.dumps(value, separators=(",", ":"))
    return value


def lost(requested: Any, kept: Any, path: str = "", ignoring: Collection[str] = ()) -> list[str]:
    """Paths of what was requested and is not in what the service gives back.

    Lists are compared in order, structures by the requested members alone (a service adds defaults). `ignoring` names
    paths that the service rightly answers in another form.
    """
    if path in ignoring:
        return []
    if isinstance(requested, Mapping):
        if not isinstance(kept, Mapping):
            return [path] if requested else []
        return [
            missing
            for key, value in requested.items()
            for missing in lost(value, kept.get(key), f"{path}.{key}" if path else key, ignoring)
        ]
    if isinstance(requested, list):
        if not isinstance(kept, list) or len(kept) != len(requested):
            return [path] if requested else []
        return [
            missing
            for wanted, given in zip(requested, kept, strict=True)
            for missing in lost(wanted, given, path, ignoring)
        ]
    return [] if _same(requested, kept) else [path]


def _same(requested: Any, kept: Any) -> bool:
    if requested == kept or (requested in (False, "", None) and kept in (False, "", None)):
        return True
    if isinstance(requested, str) and isinstance(kept, str) and requested[:1] in "{[":
        try:
            return bool(json.loads(requested) == json.loads(kept))
        except ValueError:
            return False
    return str(requested) == str(kept)
