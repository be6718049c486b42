"""Answers that follow a grammar: which tokens may come next.

TGI turns a JSON schema into a regular expression and that into a state machine over its tokens, both with `outlines`;
here `outlines-core`, its successor in Rust, does the same. Both packages of this module are imported when the first
grammar comes, since few requests have one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from local_aws.model_server.errors import GenerationError, ValidationError
from local_aws.model_server.model_folder import ModelFolder

if TYPE_CHECKING:
    from outlines_core import Index, Vocabulary

COMPILED_GRAMMARS = 32
"""How many are kept: TGI's number (server/text_generation_server/utils/logits_process.py)."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A grammar that the router let pass. `text` is a JSON schema if `is_schema`, else a regular expression."""

    text: str
    is_schema: bool


def read_grammar(value: Mapping[str, Any]) -> Grammar:
    """The grammar of a request, `{"type": "json" or "regex", "value": ...}`.

    A schema has to be one, and to have properties; whether it can be enforced shows only later, as in TGI 2.4.0. Raises
    ValidationError.
    """
    given = value["value"]
    if value["type"] == "regex":
        return Grammar(given, is_schema=False)
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise ValidationError(f"grammar is not valid: {error}") from error
    elif not isinstance(given, dict):
        raise ValidationError("grammar is not supported")

    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(given)
    except SchemaError as error:
        raise ValidationError(f"grammar is not valid: {error.message}") from error
    if not isinstance(given, dict) or "properties" not in given:
        raise ValidationError("grammar is not valid: Grammar must have a 'properties' field")
    return Grammar(json.dumps(given, ensure_ascii=False), is_schema=True)


class Grammars:
    """Compiles grammars for the tokens of one model."""

    def __init__(self, folder: ModelFolder) -> None:
        self._folder = folder
        self._compiled: Callable[[Grammar], CompiledGrammar | None] = lru_cache(COMPILED_GRAMMARS)(self._compile)

    def start(self, grammar: Grammar | None) -> GrammarState | None:
        """The state before the first token; None where every token is allowed.

        That is so without a grammar, and for a schema that cannot be turned into a regular expression: TGI logs it and
        goes on without. Raises GenerationError for a regular expression that is none.
        """
        compiled = None if grammar is None else self._compiled(grammar)
        return None if compiled is None else GrammarState(compiled)

    def _compile(self, grammar: Grammar) -> CompiledGrammar | None:
        from outlines_core import Index
        from outlines_core.json_schema import build_regex_from_schema

        pattern = grammar.text
        if grammar.is_schema:
            try:
                pattern = build_regex_from_schema(grammar.text)
            except ValueError as error:
                print(f"model server: the grammar is not enforced: {error}", flush=True)
                return None
        try:
            return CompiledGrammar(Index(pattern, self._vocabulary), self._folder.eos_ids[0])
        except ValueError as error:
            raise GenerationError(f"Server error: {error}") from error

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        """The bytes of every token that is part of a text, with the ids that mean them."""
        from outlines_core import Vocabulary

        ids: dict[bytes, list[int]] = {}
        for number, name in enumerate(self._folder.tokens):
            text = _bytes_of(name)
            if text and number not in self._folder.special_ids:
                ids.setdefault(text, []).append(number)
        return Vocabulary(self._folder.eos_ids[0], ids)


class CompiledGrammar:
    """A state machine over tokens, shared by the requests that have its grammar."""

    def __init__(self, index: Index, eos_id: int) -> None:
        self.index = index
        self._eos_id = eos_id
        self._allowed: dict[int, NDArray[np.int64]] = {}

    def allowed(self, state: int) -> NDArray[np.int64]:
        """The ids that may come in `state`; where nothing can, the one that ends the text."""
        found = self._allowed.get(state)
        if found is None:
            found = np.array(self.index.get_allowed_tokens(state) or [self._eos_id], dtype=np.int64)
            self._allowed[state] = found
        return found


class GrammarState:
    """Where one generation is in its grammar."""

    def __init__(self, compiled: CompiledGrammar) -> None:
        self._compiled = compiled
        self._state: int = compiled.index.get_initial_state()

    def masked(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """`scores` with minus infinity for every token that would break the grammar."""
        allowed = self._compiled.allowed(self._state)
        kept = np.full_like(scores, -np.inf)
        kept[allowed] = scores[allowed]
        return kept

    def advance(self, token: int) -> None:
        """Go on after `token`. After the token that ends the text the state stays as it is."""
        following = self._compiled.index.get_next_state(self._state, token)
        if following is not None:
            self._state = following


def _byte_of_character() -> dict[str, int]:
    """The alphabet of byte-level BPE: printable Latin-1 characters stand for their own byte, and those from U+0100 on,
    in order, for the bytes that are not printable."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + rank): byte for rank, byte in enumerate(others)}


_BYTES = _byte_of_character()


def _bytes_of(name: str) -> bytes:
    """The bytes that a token stands for; empty for a name outside the alphabet, which is no text."""
    return bytes(_BYTES[character] for character in name) if all(c in _BYTES for c in name) else b""
