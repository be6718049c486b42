"""Rewrites the JSON schemas that people write into ones that text-generation-inference (TGI) enforces.

TGI translates a schema into a regular expression (with `outlines`). What the translation does not know it leaves out,
and for some of it the whole grammar: the answer is then free text, and only the server's log says so. So a schema is
rewritten here with what works, and refused with the place where it cannot. The rewritten schema allows nothing that the
one of the request forbids.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.errors import ApiError, ErrorKind
from chat.parameters import shown
from chat.serving.string_pattern import UNQUOTABLE, safe_pattern

Schema = dict[str, object]

FORMATS = ("date", "date-time", "time", "uuid")
"""Formats of strings that the translation knows."""

_ANNOTATIONS = frozenset(
    ("$comment", "$schema", "default", "deprecated", "description", "discriminator", "examples", "title")
)
"""Keywords that allow and forbid nothing. A discriminator (of OpenAPI) only helps to choose among the variants."""

_MOST_LEVELS = 24
_MOST_PARTS = 500
"""Parts of a schema with every reference written out, as the regular expression has them."""

_BY_TYPE: Mapping[str, tuple[str, ...]] = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "array": ("items", "minItems", "maxItems"),
    "object": ("additionalProperties",),
    "integer": (),
    "number": (),
    "boolean": (),
    "null": (),
}
"""What may stand beside each type."""


def enforceable(schema: Schema, path: str) -> Schema:
    """`schema`, of an object with properties, as TGI enforces it. `path` is its place in the request.

    Raises ApiError for what cannot be enforced.
    """
    return _Rewriting(schema, path).root()


@dataclass(slots=True)
class _Rewriting:
    schema: Schema
    path: str
    _parts: int = 0
    _levels: int = 0
    _open: list[str] = field(default_factory=list)

    def root(self) -> Schema:
        """The whole schema. Its definitions are written out where they are referred to."""
        keywords = {name: value for name, value in self.schema.items() if name not in ("$defs", "definitions", "$id")}
        could_be = any(name in keywords for name in ("properties", "$ref", "allOf"))
        rewritten = self._rewritten(keywords, self.path) if could_be else {}
        if "properties" not in rewritten:
            raise ApiError(
                ErrorKind.INVALID_VALUE,
                f"{self.path} must describe an object and name its properties: "
                '{"type": "object", "properties": {...}, "required": [...]}.',
                param=self.path,
            )
        return rewritten

    def _rewritten(self, schema: object, path: str) -> Schema:
        self._parts += 1
        if self._levels == _MOST_LEVELS or self._parts > _MOST_PARTS:
            raise ApiError(
                ErrorKind.INVALID_VALUE,
                f"{self.path} is too large for a grammar: {_MOST_PARTS} parts and {_MOST_LEVELS} levels are allowed, "
                "with each reference written out.",
                param=self.path,
            )
        if not isinstance(schema, dict):
            raise _refused(path, f"{shown(schema)} is not a schema of a value; name its type.")
        keywords = {name: value for name, value in schema.items() if name not in _ANNOTATIONS}
        for name, rewrite in _FORMS.items():
            if name in keywords:
                self._levels += 1
                rewritten = rewrite(self, name, keywords, path)
                self._levels -= 1
                return rewritten
        raise _refused(path, "it does not say what the value is; name its type.")

    def _object(self, name: str, keywords: Schema, path: str) -> Schema:
        _only(keywords, (name, "type", "required", "additionalProperties"), path)
        properties = keywords[name]
        required = keywords.get("required", [])
        if not isinstance(properties, dict) or keywords.get("type", "object") != "object":
            raise _refused(f"{path}.properties", "it must be an object that describes an object's properties.")
        if not isinstance(required, list) or any(not isinstance(key, str) or key not in properties for key in required):
            raise _refused(f"{path}.required", "it must be a list of names that are in properties.")
        for key in properties:
            # Names of objects without a required one stand in the regular expression as they are.
            if UNQUOTABLE.search(key) or (not required and re.search(r"[^\w $-]|\$", key)):
                raise _refused(f"{path}.properties", f"{shown(key)} has a character that a grammar misreads.")
        rewritten: Schema = {
            key: self._rewritten(value, f"{path}.properties.{key}") for key, value in properties.items()
        }
        return {"type": "object", "properties": rewritten, **({"required": required} if required else {})}

    def _any_of(self, name: str, keywords: Schema, path: str) -> Schema:
        """For "oneOf" too: an answer follows one variant, and variants that exclude each other need no more."""
        _only(keywords, (name,), path)
        variants = _listed(keywords[name], f"{path}.{name}")
        return _either([self._rewritten(variant, f"{path}.{name}[{i}]") for i, variant in enumerate(variants)])

    def _all_of(self, name: str, keywords: Schema, path: str) -> Schema:
        _only(keywords, (name,), path)
        first, *others = _listed(keywords[name], f"{path}.{name}")
        if others:
            raise _refused(f"{path}.{name}", "its parts would have to be merged; write them as one schema.")
        return self._rewritten(first, f"{path}.{name}[0]")

    def _reference(self, name: str, keywords: Schema, path: str) -> Schema:
        _only(keywords, (name,), path)
        reference = keywords[name]
        found = re.fullmatch(r"#/(\$defs|definitions)/([^/%~]+)", reference) if isinstance(reference, str) else None
        definitions = self.schema.get(found[1]) if found else None
        if found is None or not isinstance(definitions, dict) or found[2] not in definitions:
            raise _refused(f"{path}.$ref", f"{shown(reference)} is none of the schema's own $defs.")
        if found[0] in self._open:
            raise _refused(f"{path}.$ref", f"{found[2]} contains itself, and a grammar has no end then.")
        self._open.append(found[0])
        rewritten = self._rewritten(definitions[found[2]], f"{self.path}.{found[1]}.{found[2]}")
        self._open.pop()
        return rewritten

    def _values(self, name: str, keywords: Schema, path: str) -> Schema:
        """Strings and numbers stay in an enum; the translation writes null, true and false as Python does."""
        _only(keywords, (name, "type"), path)
        place = f"{path}.{name}"
        values = [keywords[name]] if name == "const" else _listed(keywords[name], place)
        kinds = _kinds(keywords["type"], path) if "type" in keywords else [*_BY_TYPE]
        for value in values:
            if not any(kind in kinds for kind in _kinds_of(value)):
                raise _refused(place, f"{shown(value)} is not of the type {' or '.join(kinds)}.")
            if isinstance(value, list | dict) or (isinstance(value, str) and UNQUOTABLE.search(value)):
                raise _refused(place, f"{shown(value)} cannot be had; use strings without escapes, numbers and null.")
        booleans = {value for value in values if isinstance(value, bool)}
        if len(booleans) == 1:
            raise _refused(place, "true and false can be had only together, as the type boolean.")
        listed = [value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)]
        variants: list[tuple[bool, Schema]] = [
            (bool(listed), {"enum": listed}),
            (bool(booleans), {"type": "boolean"}),
            (None in values, {"type": "null"}),
        ]
        return _either([variant for there, variant in variants if there])

    def _typed(self, name: str, keywords: Schema, path: str) -> Schema:
        kinds = _kinds(keywords[name], path)
        _only(keywords, (name, *(beside for kind in kinds for beside in _BY_TYPE[kind])), path)
        return _either(
            [
                self._of_type(kind, {beside: keywords[beside] for beside in _BY_TYPE[kind] if beside in keywords}, path)
                for kind in kinds
            ]
        )

    def _of_type(self, kind: str, keywords: Schema, path: str) -> Schema:
        rewritten: Schema = {"type": kind, **keywords}
        if kind == "string":
            return _string(rewritten, path)
        if kind == "array":
            if "items" not in keywords:
                raise _refused(path, "a list needs items, which say what is in it.")
            rewritten["items"] = self._rewritten(keywords["items"], f"{path}.items")
        if kind == "object":
            if keywords.get("additionalProperties") is False:
                return {"type": "object", "properties": {}}
            if not isinstance(keywords.get("additionalProperties"), dict):
                raise _refused(path, "an object needs properties, or additionalProperties with a schema.")
            place = f"{path}.additionalProperties"
            rewritten["additionalProperties"] = self._rewritten(keywords["additionalProperties"], place)
        return rewritten


_FORMS = {
    "properties": _Rewriting._object,
    "anyOf": _Rewriting._any_of,
    "oneOf": _Rewriting._any_of,
    "allOf": _Rewriting._all_of,
    "$ref": _Rewriting._reference,
    "enum": _Rewriting._values,
    "const": _Rewriting._values,
    "type": _Rewriting._typed,
}
"""What a schema is, by the keyword that says most; in the order in which the translation looks for them."""


def _string(schema: Schema, path: str) -> Schema:
    bounded = [name for name in ("minLength", "maxLength") if name in schema]
    if len([name for name in ("pattern", "format") if name in schema]) + bool(bounded) > 1:
        raise _refused(path, "a string can have a pattern, a format or a length, not two of them.")
    if "format" in schema and schema["format"] not in FORMATS:
        raise _refused(f"{path}.format", f"{shown(schema['format'])} is none of {', '.join(FORMATS)}.")
    if "pattern" in schema:
        return {"type": "string", "pattern": _pattern(schema["pattern"], f"{path}.pattern")}
    # A translation without a lower bound would be `{,5}`, which not every dialect takes for 0 to 5.
    return {"minLength": 0, **schema} if bounded else schema


def _pattern(pattern: object, path: str) -> str:
    if not isinstance(pattern, str):
        raise _refused(path, f"it must be a string, not {shown(pattern)}.")
    try:
        return safe_pattern(pattern)
    except ValueError as error:
        raise _refused(path, f"{error}. Name the characters that it allows, as in ^[A-Z]{{2}}-?[0-9]+$.") from None


def _either(variants: list[Schema]) -> Schema:
    return variants[0] if len(variants) == 1 else {"anyOf": variants}


def _kinds(value: object, path: str) -> list[str]:
    """The types that the keyword `type` names."""
    kinds: list[str] = []
    for kind in value if isinstance(value, list) and value else [value]:
        if not isinstance(kind, str) or kind not in _BY_TYPE:
            raise _refused(f"{path}.type", f"{shown(kind)} is none of {', '.join(_BY_TYPE)}.")
        kinds.append(kind)
    return kinds


def _kinds_of(value: object) -> tuple[str, ...]:
    """The types of JSON Schema that `value` has."""
    if isinstance(value, bool):
        return ("boolean",)
    if isinstance(value, int):
        return ("integer", "number")
    names: dict[type, str] = {float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
    return (names[type(value)],)


def _listed(value: object, path: str) -> list[object]:
    if not isinstance(value, list) or not value:
        raise _refused(path, "it must be a list that is not empty.")
    return value


def _only(keywords: Schema, names: tuple[str, ...], path: str) -> None:
    """Raises ApiError if there is a keyword besides `names`."""
    for name in keywords:
        if name not in names:
            raise _refused(
                f"{path}.{name[:80]}", "a grammar cannot enforce it here. Leave it out, and check the answer."
            )


def _refused(path: str, reason: str) -> ApiError:
    return ApiError(ErrorKind.UNSUPPORTED_PARAMETER, f"{path} is not supported: {reason}", param=path)
