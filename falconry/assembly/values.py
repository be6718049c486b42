"""Values in templates: their references, their text, and their differences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Stack

_PSEUDO = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")
_ABSENT = object()

Path = tuple[str, ...]


def is_intrinsic(value: Any) -> bool:
    """Whether CloudFormation computes it: {"Ref": ...}, {"Fn::GetAtt": ...}."""
    return isinstance(value, dict) and len(value) == 1 and all(key == "Ref" or key.startswith("Fn::") for key in value)


def references(value: Any) -> Iterator[str | tuple[str, str]]:
    """Logical ids of the same stack, and (stack, output) of others, that a value is made from."""
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(name)}:
            yield name.partition(".")[0]
        case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(output)}}:
            yield stack, output
        case {"Fn::Sub": [str(text), variables]}:
            yield from _in_text(text)
            yield from references(variables)
        case {"Fn::Sub": str(text)}:
            yield from _in_text(text)
        case dict():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)


def _in_text(text: str) -> Iterator[str]:
    return (name.partition(".")[0] for name in _PLACEHOLDER.findall(text))


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """The innermost places where two values differ, with both values there (None where there is none).

    Items of a list are compared by their position where the lists are of one length; "*" stands for the position.
    """
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict) and not is_intrinsic(before) and not is_intrinsic(after):
        for key in sorted(before.keys() | after.keys()):
            if before.get(key, _ABSENT) != after.get(key, _ABSENT):
                yield from differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield from differences(one, other, (*path, "*"))
    else:
        yield path, before, after


class Reader:
    """Writes the values of one stack as people read them: `arn:aws:s3:::${Artifacts/Bucket}`.

    Two values that read the same are the same to CloudFormation, so policies are compared as they read.
    """

    def __init__(self, assembly: CloudAssembly, stack: Stack) -> None:
        self._assembly = assembly
        self._stack = stack

    def text(self, value: Any) -> str:
        """One line; what CloudFormation computes is in `${}`, named by construct paths."""
        match value:
            case str():
                return value
            case bool():
                return "true" if value else "false"
            case {"Ref": str(name)}:
                return _PSEUDO.get(name) or f"${{{self._stack.path(name)}}}"
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return f"${{{self._stack.path(name)}.{attribute}}}"
            case {"Fn::Join": [str(separator), list(parts)]}:
                return separator.join(self.text(part) for part in parts)
            case {"Fn::Sub": str(text)}:
                return _PLACEHOLDER.sub(lambda match: self.text(_reference(match[1])), text)
            case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(output)}}:
                return self._output(stack, output)
        return json.dumps(self.plain(value), ensure_ascii=False)

    def plain(self, value: Any) -> Any:
        """The value with all that CloudFormation computes written out by `text`."""
        if is_intrinsic(value) and not self._opaque(value):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self.plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        return value

    def _opaque(self, value: Mapping[str, Any]) -> bool:
        """Whether `text` has no short form for an intrinsic function."""
        match value:
            case {"Fn::GetAtt": [str(), str()]} | {"Fn::Join": [str(), list()]} | {"Fn::Sub": str()}:
                return False
            case {"Ref": str()} | {"Fn::GetStackOutput": {"StackName": str(), "OutputName": str()}}:
                return False
        return True

    def _output(self, stack: str, output: str) -> str:
        other = self._assembly.stacks.get(stack)
        if other is None or output not in other.outputs:
            return f"${{{stack}.{output}}}"
        return Reader(self._assembly, other).text(other.outputs[output])


def _reference(name: str) -> Mapping[str, Any]:
    resource, dot, attribute = name.partition(".")
    return {"Fn::GetAtt": [resource, attribute]} if dot else {"Ref": name}
