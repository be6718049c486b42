"""From pydantic's errors to sentences for the person who wrote the file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from falconry.did_you_mean import did_you_mean
from falconry.settings.checks import MISTAKE
from falconry.settings.document import YamlDocument
from falconry.settings.phrasing import listing
from falconry.settings.sections.deployment import Settings

FieldPath = tuple[str | int, ...]

_PREDICATES: dict[str, Callable[[dict[str, Any]], str]] = {
    "bool_parsing": lambda _: "must be true or false",
    "bool_type": lambda _: "must be true or false",
    "dict_type": lambda _: "must be a mapping, `name: value`",
    "float_parsing": lambda _: "must be a number",
    "float_type": lambda _: "must be a number",
    "greater_than": lambda limits: f"must be more than {limits['gt']:g}",
    "greater_than_equal": lambda limits: f"must be at least {limits['ge']}",
    "int_from_float": lambda _: "must be a whole number",
    "int_parsing": lambda _: "must be a whole number",
    "int_type": lambda _: "must be a whole number",
    "less_than_equal": lambda limits: f"must be at most {limits['le']:g}",
    "string_pattern_mismatch": lambda _: "is not valid",
    "string_too_long": lambda limits: f"must have at most {limits['max_length']} characters",
    "string_too_short": lambda _: "must not be empty",
    "string_type": lambda _: "must be a string: put it in quotes",
    "too_long": lambda limits: f"must have at most {_entries(limits['max_length'])}, not {limits['actual_length']}",
    "too_short": lambda limits: f"needs at least {_entries(limits['min_length'])}",
    "tuple_type": lambda _: "must be a list",
}
"""The predicate of the sentence, by pydantic's type of error."""


def _entries(count: int) -> str:
    return "one entry" if count == 1 else f"{count} entries"


def sentence(error: ErrorDetails, document: YamlDocument, file: Path) -> str:
    """One error: file, line, path, what is wrong with the value, and what to write instead."""
    context: dict[str, Any] = error.get("ctx", {})
    path: FieldPath = error["loc"]
    if path == ("name",):
        return (
            f"{file}: {file.stem!r} is not a valid deployment name. Rename the file to something like "
            "config/dev.yaml: lowercase letters, digits and single hyphens, at most 20 characters."
        )
    if error["type"] == MISTAKE:
        field = [part for part in re.split(r"\.", context["field"]) if part]
        return f"{document.place((*path, *field))}: {context['sentence']}"
    place = document.place(path)
    if error["type"] == "missing":
        return f"{place}: is missing. {_description(path)}"
    if error["type"] == "extra_forbidden":
        allowed = _fields_of(path[:-1])
        return f"{place}: unknown field.{did_you_mean(str(path[-1]), allowed)} Allowed here: {listing(allowed)}."
    if error["type"] == "model_type":
        return f"{place}: {_shown(error['input'])} must be a section with the fields {listing(_fields_of(path))}."
    if error["type"] == "literal_error":
        return f"{place}: {_shown(error['input'])} is not allowed.{_nearest(error)} Use {context['expected']}."
    predicate = _PREDICATES.get(error["type"])
    wrong = predicate(context) if predicate else error["msg"][:1].lower() + error["msg"][1:]
    return f"{place}: {_shown(error['input'])} {wrong}. {_description(path)}".rstrip()


def only_repeats_item_errors(error: ErrorDetails) -> bool:
    """Whether a list is reported as too short only because its items are invalid, each of which is reported."""
    return error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest(error: ErrorDetails) -> str:
    return did_you_mean(str(error["input"]), re.findall(r"'([^']+)'", error["ctx"]["expected"]))


def _section_at(path: FieldPath) -> type[BaseModel] | None:
    """The section that `path` leads to, if it leads to one."""
    section: type[BaseModel] | None = Settings
    for name in (part for part in path if isinstance(part, str)):
        field = section.model_fields.get(name) if section else None
        section = section_of(field.annotation) if field else None
    return section


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a field's type holds: itself, optional, or as a list's items."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple, Annotated):
        return next(filter(None, map(section_of, get_args(annotation))), None)
    return None


def _fields_of(path: FieldPath) -> list[str]:
    section = _section_at(path)
    names = list(section.model_fields) if section else []
    return names if path else [name for name in names if name != "name"]


def _description(path: FieldPath) -> str:
    while path and isinstance(path[-1], int):
        path = path[:-1]
    section = _section_at(path[:-1]) if path else None
    field = section.model_fields.get(str(path[-1])) if section else None
    return (field.description or "") if field else ""
