"""Bodies into requests, with the complaints that Rust's serde and axum make in TGI.

The rows of PARAMETERS say what each key takes; unknown keys are skipped silently, as in TGI.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Never

from local_aws.model_server.errors import BodyError
from local_aws.model_server.json_position import position_of
from local_aws.model_server.versions import Version

UNREADABLE = "Failed to parse the request body as JSON: "
MISFIT = "Failed to deserialize the JSON body into the target type: "


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request as they came; None where the client set nothing."""

    best_of: int | None = None
    temperature: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    typical_p: float | None = None
    do_sample: bool = False
    max_new_tokens: int | None = 100
    return_full_text: bool | None = None
    stop: list[str] = field(default_factory=list)
    truncate: int | None = None
    watermark: bool = False
    details: bool = False
    decoder_input_details: bool = False
    seed: int | None = None
    top_n_tokens: int | None = None
    grammar: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """The body of the generate routes. `stream` is looked at only on `/` and `/invocations`."""

    inputs: str
    parameters: Parameters
    stream: bool = False

    @property
    def prompt_to_return(self) -> str:
        """What stands before the generated text in the response: the prompt, or nothing."""
        return self.inputs if self.parameters.return_full_text else ""

    def with_full_text_default(self, default: bool) -> GenerateRequest:
        """The same request with `return_full_text` filled in if the client left it open."""
        if self.parameters.return_full_text is not None:
            return self
        return replace(self, parameters=replace(self.parameters, return_full_text=default))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a value must be: serde's word for it, the Python types, its range if it is an integer.

    `nullable`: null is allowed. `items`: a list of strings. `variants`: an object with a `type` out of these and a
    `value` of one of the types that belong to it.
    """

    expected: str
    types: tuple[type, ...]
    nullable: bool = False
    minimum: int = 0
    maximum: int = 0
    items: bool = False
    variants: Mapping[str, tuple[type, ...]] = field(default_factory=dict)


STRING = Kind("a string", (str,))
BOOL = Kind("a boolean", (bool,))
STRINGS = Kind("a sequence", (list,), items=True)
OBJECT = Kind("struct GenerateParameters", (dict,))
GRAMMAR = Kind(
    "adjacently tagged enum GrammarType", (dict,), nullable=True, variants={"json": (object,), "regex": (str,)}
)
OPTIONAL_BOOL = Kind("a boolean", (bool,), nullable=True)
F32 = Kind("f32", (int, float), nullable=True)
I32 = Kind("i32", (int,), nullable=True, minimum=-(2**31), maximum=2**31 - 1)
U32 = Kind("u32", (int,), nullable=True, maximum=2**32 - 1)
U64 = Kind("u64", (int,), nullable=True, maximum=2**64 - 1)
USIZE = Kind("usize", (int,), nullable=True, maximum=2**64 - 1)

PARAMETERS = {
    "best_of": USIZE,
    "temperature": F32,
    "repetition_penalty": F32,
    "frequency_penalty": F32,
    "top_k": I32,
    "top_p": F32,
    "typical_p": F32,
    "do_sample": BOOL,
    "max_new_tokens": U32,
    "return_full_text": OPTIONAL_BOOL,
    "stop": STRINGS,
    "truncate": USIZE,
    "watermark": BOOL,
    "details": BOOL,
    "decoder_input_details": BOOL,
    "seed": U64,
    "top_n_tokens": U32,
    "grammar": GRAMMAR,
}


def parse_json(body: bytes, content_type: str) -> Any:
    """The JSON value of `body`; raises BodyError with axum's status and text."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise BodyError(415, "Expected request with `Content-Type: application/json`")
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        ended = error.pos >= len(error.doc.rstrip())
        reason = "EOF while parsing a value" if ended else "expected value"
        raise BodyError(400, f"{UNREADABLE}{reason} at line {error.lineno} column {error.colno}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise BodyError(400, f"{UNREADABLE}invalid unicode code point at line 1 column 1") from error


def read_generate(value: Any, body: bytes, version: Version) -> GenerateRequest:
    """A generate request of `value`, the JSON of `body`; raises BodyError (422) naming the key that does not fit."""
    reader = _Reader(body)
    if not isinstance(value, dict):
        reader.misfit((), f"invalid type: {_unexpected(value)}, expected struct GenerateRequest")
    if "inputs" not in value:
        reader.misfit((), "missing field `inputs`", at_end=True)
    inputs = reader.value(("inputs",), value["inputs"], STRING)
    stream = reader.value(("stream",), value.get("stream", False), BOOL)
    if "parameters" not in value:
        return GenerateRequest(inputs, Parameters(do_sample=True), stream)  # TGI's default when nothing is asked for
    given = reader.value(("parameters",), value["parameters"], OBJECT)
    kinds = {name: kind for name, kind in PARAMETERS.items() if name not in version.ignored}
    known = read_fields(given, body, kinds, ("parameters",))
    return GenerateRequest(inputs, Parameters(**known), stream)


def read_fields(
    given: dict[str, Any], body: bytes, kinds: Mapping[str, Kind], path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The keys of `given` (the object at `path` of `body`) that `kinds` knows; raises BodyError (422)."""
    reader = _Reader(body)
    return {name: reader.value((*path, name), given[name], kind) for name, kind in kinds.items() if name in given}


def is_chat(value: Any) -> bool:
    """Whether `value` is a chat body, as far as it takes to tell it from the others."""
    if not isinstance(value, dict) or not isinstance(value.get("messages"), list):
        return False
    return all(isinstance(item, dict) and isinstance(item.get("role"), str) for item in value["messages"])


class _Reader:
    """Checks values and reports a misfit with its path and place in the body."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def value(self, path: tuple[str | int, ...], value: Any, kind: Kind) -> Any:
        if value is None and kind.nullable:
            return None
        fits = isinstance(value, kind.types) and (not isinstance(value, bool) or bool in kind.types)
        if not fits or (int in kind.types and isinstance(value, int) and not -(2**63) <= value < 2**64):
            self.misfit(path, f"invalid type: {_unexpected(value)}, expected {kind.expected}")
        if kind.maximum and not kind.minimum <= value <= kind.maximum:
            self.misfit(path, f"invalid value: integer `{value}`, expected {kind.expected}")
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise BodyError(400, f"{UNREADABLE}lone leading surrogate in hex escape at line 1 column {len(self._body)}")
        if kind.items:
            return [self.value((*path, index), item, STRING) for index, item in enumerate(value)]
        if kind.variants:
            self._check_variant(path, value, kind.variants)
        if float in kind.types:
            return float(value)
        return value

    def _check_variant(
        self, path: tuple[str | int, ...], value: dict[str, Any], variants: Mapping[str, tuple[type, ...]]
    ) -> None:
        for name in ("type", "value"):
            if name not in value:
                self.misfit(path, f"missing field `{name}`", at_end=True)
        tag = self.value((*path, "type"), value["type"], STRING)
        if tag not in variants:
            self.misfit((*path, "type"), f"unknown variant `{tag}`, expected {' or '.join(f'`{v}`' for v in variants)}")
        if not isinstance(value["value"], variants[tag]):
            self.value((*path, "value"), value["value"], STRING)

    def misfit(self, path: tuple[str | int, ...], reason: str, *, at_end: bool = False) -> Never:
        line, column = position_of(self._body, path, at_end=at_end)
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        prefix = f"{where}: " if where else ""
        raise BodyError(422, f"{MISFIT}{prefix}{reason} at line {line} column {column}")


def _unexpected(value: Any) -> str:
    """serde's words for a value of the wrong type."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, str):
        return f"string {json.dumps(value, ensure_ascii=False)}"
    if isinstance(value, int) and -(2**63) <= value < 2**64:
        return f"integer `{value}`"
    if isinstance(value, int | float):
        return f"floating point `{float(value)}`"
    return "sequence" if isinstance(value, list) else "map"


def _no_constant(name: str) -> Never:
    """JSON knows no NaN and no Infinity; Python's parser would take them."""
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)
