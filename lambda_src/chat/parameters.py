"""What a field of a request may hold, as data: name, JSON type, range; and the errors for what it may not.

The field names are those of JSON Schema, so that a document can be generated from the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.errors import ApiError, ErrorKind
from chat.features import Feature, Server

JsonValue = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A field of a request.

    `neutral` values mean the same as leaving the field out. A field with `unsupported` takes only those; the text says
    why and what to do instead. So does one that `needs` a feature which no version of the server has; `without` is then
    the rest of a sentence about the server: "cannot bias tokens."
    """

    name: str
    types: tuple[str, ...]
    description: str
    required: bool = False
    nullable: bool = True
    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None
    exclusive_maximum: float | None = None
    min_length: int = 0
    items: str | None = None
    min_items: int = 0
    max_items: int | None = None
    neutral: tuple[JsonValue, ...] = ()
    unsupported: str | None = None
    needs: Feature | None = None
    without: str = "does not know it. Leave it out."

    @property
    def constraint(self) -> str:
        """What is allowed, as the rest of a sentence: "a number between 0 and 2"."""
        return " or ".join(self._constraint_of(type_name) for type_name in self.types)

    def _constraint_of(self, type_name: str) -> str:
        if type_name == "array":
            items = {"string": "strings", "object": "objects"}.get(self.items or "", "values")
            if self.max_items is not None:
                return f"a list of at most {self.max_items} {items}"
            return f"a list of {items}" if self.min_items == 0 else f"a list of {self.min_items} or more {items}"
        if type_name in ("integer", "number"):
            return _TYPE_NAMES[type_name] + self._range()
        return (
            ("a non-empty string" if self.min_length else "a string")
            if type_name == "string"
            else _TYPE_NAMES[type_name]
        )

    def _range(self) -> str:
        if self.minimum is not None and self.maximum is not None:
            return f" between {_number(self.minimum)} and {_number(self.maximum)}"
        bounds = [
            f"{words} {_number(bound)}"
            for words, bound in (
                ("of at least", self.minimum),
                ("greater than", self.exclusive_minimum),
                ("of at most", self.maximum),
                ("less than", self.exclusive_maximum),
            )
            if bound is not None
        ]
        return " " + " and ".join(bounds) if bounds else ""


_TYPE_NAMES = {"integer": "an integer", "number": "a number", "boolean": "true or false", "object": "an object"}


class Checked:
    """The values of a checked request, by name, each with its type. A field that says nothing is not there."""

    def __init__(self, values: Mapping[str, JsonValue]) -> None:
        self._values = values

    def value(self, name: str) -> JsonValue:
        """The value as it came, for a field that is parsed further; None if it is not there."""
        return self._values.get(name)

    def flag(self, name: str) -> bool:
        """Whether the field is true."""
        return self._values.get(name) is True

    def integer(self, name: str) -> int | None:
        value = self._values.get(name)
        return value if isinstance(value, int) else None

    def number(self, name: str) -> float | None:
        value = self._values.get(name)
        return value if isinstance(value, int | float) else None

    def texts(self, name: str) -> list[str]:
        """The strings of a field that holds one or a list of them."""
        value = self._values.get(name)
        return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]

    def mapping(self, name: str) -> dict[str, JsonValue] | None:
        value = self._values.get(name)
        return value if isinstance(value, dict) else None


def check(
    table: Sequence[Parameter], values: Mapping[str, JsonValue], *, server: Server | None = None, prefix: str = ""
) -> Checked:
    """Those of `values` that say something: known, of the right type, in range, neither null nor neutral.

    `server` is asked for the features that fields need. `prefix` goes before a name in an error ("parameters."). Raises
    ApiError for the first value that is wrong.
    """
    by_name = {parameter.name: parameter for parameter in table}
    for name in values:
        if name not in by_name:
            raise _unknown(name, [*by_name], prefix)
    given: dict[str, JsonValue] = {}
    for parameter in table:
        value = values.get(parameter.name)
        if parameter.name not in values or (value is None and parameter.nullable):
            if parameter.required:
                raise ApiError(
                    ErrorKind.MISSING_PARAMETER,
                    f"{prefix}{parameter.name} is required: {parameter.constraint}.",
                    param=prefix + parameter.name,
                )
            continue
        _check_value(parameter, value, prefix + parameter.name)
        if value in parameter.neutral:
            continue
        _check_support(parameter, prefix + parameter.name, server)
        given[parameter.name] = value
    return Checked(given)


def _check_value(parameter: Parameter, value: JsonValue, path: str) -> None:
    if not any(_has_type(value, type_name) for type_name in parameter.types):
        raise _refused(ErrorKind.INVALID_TYPE, parameter, value, path)
    if isinstance(value, str):
        _check_text(parameter, value, path)
    elif isinstance(value, list):
        if (
            not parameter.min_items
            <= len(value)
            <= (len(value) if parameter.max_items is None else parameter.max_items)
        ):
            count = f"{len(value)} of them" if value else "an empty list"
            raise ApiError(ErrorKind.INVALID_VALUE, f"{path} must be {parameter.constraint}, not {count}.", param=path)
        for index, item in enumerate(value):
            if parameter.items and not _has_type(item, parameter.items):
                raise _refused(ErrorKind.INVALID_TYPE, parameter, item, f"{path}[{index}]", names=parameter.items)
            if isinstance(item, str):
                _check_text(parameter, item, f"{path}[{index}]")
    elif isinstance(value, int | float) and not isinstance(value, bool) and not _in_range(parameter, value):
        raise _refused(ErrorKind.INVALID_VALUE, parameter, value, path)


def _check_text(parameter: Parameter, text: str, path: str) -> None:
    if len(text) < parameter.min_length:
        raise ApiError(ErrorKind.INVALID_VALUE, f"{path} must not be an empty string.", param=path)
    check_unicode(text, path)


def check_unicode(text: str, path: str) -> None:
    """Raises ApiError if `text` holds half of a surrogate pair, which no tokenizer can read."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ApiError(ErrorKind.INVALID_VALUE, f"{path} holds half of a surrogate pair.", param=path) from None


def _check_support(parameter: Parameter, path: str, server: Server | None) -> None:
    if parameter.unsupported is not None:
        raise _unsupported(path, parameter.unsupported)
    if parameter.needs is not None and server is not None:
        outdated = ", which would ignore it. Leave it out."
        require(server, parameter.needs, path, never=parameter.without, outdated=outdated)


def require(server: Server, feature: Feature, path: str, *, never: str, outdated: str) -> None:
    """Raises ApiError at `path` unless `server` has `feature`.

    The error's sentence about the product ends with `never` if no version has it, the one about the version that serves
    the model with `outdated` if a later one has.
    """
    if server.supports(feature):
        return
    if feature not in server.first_versions:
        raise _unsupported(path, f"{server.product_name} {never}")
    raise ApiError(
        ErrorKind.UNSUPPORTED_PARAMETER,
        f"{path} needs {server.product_name} {server.first_versions[feature]} or later; {server.model.name} is served "
        f"by {server.model.container_version}{outdated}",
        param=path,
    )


def _unsupported(path: str, reason: str) -> ApiError:
    return ApiError(ErrorKind.UNSUPPORTED_PARAMETER, f"{path} is not supported: {reason}", param=path)


def _has_type(value: JsonValue, type_name: str) -> bool:
    if isinstance(value, bool):
        return type_name == "boolean"
    types: dict[str, type | tuple[type, ...]] = {
        "integer": int,
        "number": (int, float),
        "string": str,
        "array": list,
        "object": dict,
        "boolean": bool,
    }
    return isinstance(value, types[type_name])


def _in_range(parameter: Parameter, value: float) -> bool:
    return not (
        (parameter.minimum is not None and value < parameter.minimum)
        or (parameter.exclusive_minimum is not None and value <= parameter.exclusive_minimum)
        or (parameter.maximum is not None and value > parameter.maximum)
        or (parameter.exclusive_maximum is not None and value >= parameter.exclusive_maximum)
    )


def _refused(
    kind: ErrorKind, parameter: Parameter, value: JsonValue, path: str, *, names: str | None = None
) -> ApiError:
    allowed = {"string": "a string", "object": "an object"}[names] if names else parameter.constraint
    return ApiError(kind, f"{path} must be {allowed}, not {shown(value)}.", param=path)


def _unknown(name: str, known: list[str], prefix: str) -> ApiError:
    import difflib  # for a mistake only

    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f" Did you mean {prefix}{nearest[0]}?" if nearest else f" Known: {', '.join(known)}."
    path = prefix + (name if len(name) <= 80 else name[:80] + "...")
    return ApiError(ErrorKind.UNKNOWN_PARAMETER, f"Unknown parameter: {path}.{hint}", param=path)


def shown(value: JsonValue) -> str:
    """`value` as part of a sentence: its JSON if that is short, a list or an object by its type only."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= 60 else text[:60] + "..."
    return f"the string {text}" if isinstance(value, str) else text


def _number(bound: float) -> str:
    return f"{bound:g}" if abs(bound) < 1e6 else str(int(bound))
