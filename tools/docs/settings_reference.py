"""`python -m tools.docs.settings_reference`: the page docs/configuration.md, generated from the fields themselves.

With `--check` it writes nothing and fails where the page is not what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from falconry.settings.errors import section_of
from falconry.settings.sections.deployment import Settings
from tools.docs.generated import write_or_check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"

_INTRODUCTION = """\
# Configuration

Each YAML file in `config/` describes one deployment, named after the file. `make synth CONFIG=name` checks it without
an AWS account; an error is reported with its line, the value found and what to write instead.

Editors that support YAML schemas complete and check the file as you type, if it begins like the shipped ones:
`# yaml-language-server: $schema=schema.json`. VS Code needs the extension "YAML" by Red Hat.

This page is generated from `falconry/settings/` by `make reference`.
"""

_FEW = 5
"""As many names fit into a cell of the table."""

_TYPE_NAMES = {bool: "true or false", float: "number", int: "whole number", str: "text"}


def page() -> str:
    """The whole page."""
    sections: list[tuple[str, type[BaseModel]]] = [("", Settings), *_sections_below(Settings, "")]
    return "\n".join([_INTRODUCTION, *[_section(path, section) for path, section in sections]])


def _sections_below(section: type[BaseModel], path: str) -> list[tuple[str, type[BaseModel]]]:
    found: list[tuple[str, type[BaseModel]]] = []
    for name, field in section.model_fields.items():
        inner = section_of(field.annotation)
        if inner is not None:
            inner_path = f"{path}{name}" + ("[]" if _is_list(field.annotation) else "")
            found += [(inner_path, inner), *_sections_below(inner, f"{inner_path}.")]
    return found


def _section(path: str, section: type[BaseModel]) -> str:
    lines = [f"## `{path}`" if path else "## The file", "", (section.__doc__ or "").splitlines()[0], ""]
    lines += ["| field | type | default | meaning |", "|---|---|---|---|"]
    for name, field in section.model_fields.items():
        if (section, name) != (Settings, "name"):
            lines.append(
                f"| `{name}` | {_names(field) or _type(field.annotation)} | {_default(field)} | {_meaning(field)} |"
            )
    return "\n".join([*lines, ""])


def _meaning(field: FieldInfo) -> str:
    limits = {}
    for constraint in field.metadata:
        for attribute, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("max_length", "at most")):
            if (limit := getattr(constraint, attribute, None)) is not None:
                limits[words] = f"{words} {limit:,}" + (" entries" if _is_list(field.annotation) else "")
    said = (field.description or "").strip()
    bounds = ", ".join(limits.values())
    return f"{said} {bounds[:1].upper()}{bounds[1:]}." if limits else said


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True) if field.default is not PydanticUndefined else None
    if isinstance(value, BaseModel) or value in (None, (), {}, ""):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(map(_is_list, _alternatives(annotation)))


def _alternatives(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, UnionType):
        return [argument for argument in get_args(annotation) if argument is not NoneType]
    return [get_args(annotation)[0]] if get_origin(annotation) is Annotated else []


def _names(field: FieldInfo) -> str:
    """The names that a field takes, where the catalog has few of them."""
    names = field.json_schema_extra.get("enum") if isinstance(field.json_schema_extra, dict) else None
    names = [name for name in names if name is not None] if isinstance(names, list) else []
    return " \\| ".join(f"`{name}`" for name in names) if len(names) <= _FEW else ""


def _type(annotation: Any) -> str:
    if section_of(annotation) is not None:
        return "list of sections" if _is_list(annotation) else "section"
    if annotation in _TYPE_NAMES:
        return _TYPE_NAMES[annotation]
    if get_origin(annotation) is Literal:
        return " \\| ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is tuple:
        return f"list of {_type(get_args(annotation)[0])}"
    if get_origin(annotation) is dict:
        return "mapping of text to text"
    return " or ".join(map(_type, _alternatives(annotation)))


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}))
