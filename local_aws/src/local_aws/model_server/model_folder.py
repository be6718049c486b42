"""A model folder in CTranslate2's format, and what has to be in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from local_aws.model_server.settings import SettingsError

FALCON_POSITIONS = 2048
"""max_position_embeddings of every Falcon model, for a folder whose tokenizer_config.json does not say."""

LARGE_BYTES = 200_000_000
"""The tiny model has 3 MB, Falcon 7B in int8 7 GB."""

CONVERT = (
    "ct2-transformers-converter --model tiiuae/falcon-7b-instruct --quantization int8 "
    "--copy_files tokenizer.json tokenizer_config.json --output_dir DIRECTORY"
)


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that was checked.

    `tokens`: the names of the ids, as the model takes them. `eos_ids` end a generation. `special_ids` are left out of
    texts.
    """

    path: Path
    tokenizer: Tokenizer
    tokens: tuple[str, ...]
    positions: int
    eos_ids: tuple[int, ...]
    special_ids: frozenset[int]

    @property
    def is_large(self) -> bool:
        """Whether reading the prompt once more, as exact sampling does now and then, would be felt."""
        return (self.path / "model.bin").stat().st_size > LARGE_BYTES

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """The folder at `path`; raises SettingsError if something is missing or does not fit together."""
        if not path.is_dir():
            raise SettingsError(f"{path}: no such folder. Name one with a converted Falcon model, made by: {CONVERT}")
        for name in ("model.bin", "config.json", "tokenizer.json"):
            if not (path / name).is_file():
                raise SettingsError(f"{path}: {name} is missing. Convert the model again: {CONVERT}")
        config = _read_json(path / "config.json", dict)
        more = path / "tokenizer_config.json"
        tokenizer_config = _read_json(more, dict) if more.is_file() else {}
        try:
            tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
        except Exception as error:  # tokenizers raises bare Exception
            raise SettingsError(
                f"{path / 'tokenizer.json'}: no tokenizer ({error}). Convert again: {CONVERT}"
            ) from error
        return cls(
            path=path,
            tokenizer=tokenizer,
            tokens=_vocabulary(path, tokenizer),
            positions=_positions(tokenizer_config),
            eos_ids=_eos_ids(path, tokenizer, config.get("eos_token", tokenizer_config.get("eos_token"))),
            special_ids=frozenset(id_ for id_, token in tokenizer.get_added_tokens_decoder().items() if token.special),
        )


def _read_json(file: Path, kind: type) -> Any:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingsError(f"{file}: not valid JSON ({error}). Convert the model again: {CONVERT}") from error
    if not isinstance(value, kind):
        raise SettingsError(f"{file}: expected a JSON {kind.__name__}. Convert the model again: {CONVERT}")
    return value


def _vocabulary(path: Path, tokenizer: Tokenizer) -> tuple[str, ...]:
    """The model's tokens. It takes them by name, so it and the tokenizer must number them alike."""
    listed, plain = path / "vocabulary.json", path / "vocabulary.txt"
    if listed.is_file():
        tokens = _read_json(listed, list)
    elif plain.is_file():
        tokens = plain.read_text(encoding="utf-8").split("\n")
    else:
        raise SettingsError(f"{path}: vocabulary.json is missing. Convert the model again: {CONVERT}")
    for number in range(tokenizer.get_vocab_size()):
        name = tokenizer.id_to_token(number)
        if number >= len(tokens) or tokens[number] != name:
            raise SettingsError(
                f"{path}: token {number} is {name!r} in tokenizer.json but not in the model's vocabulary. "
                f"Take both from the same model: {CONVERT}"
            )
    return tuple(tokens)


def _positions(tokenizer_config: dict[str, Any]) -> int:
    """model_max_length; transformers writes 1e30 there when it does not know."""
    length = tokenizer_config.get("model_max_length", FALCON_POSITIONS)
    return int(length) if isinstance(length, int | float) and 0 < length < 1e9 else FALCON_POSITIONS


def _eos_ids(path: Path, tokenizer: Tokenizer, eos: Any) -> tuple[int, ...]:
    if isinstance(eos, dict):
        eos = eos.get("content")
    number = tokenizer.token_to_id(eos) if isinstance(eos, str) else None
    if number is None:
        raise SettingsError(
            f"{path}: the end token {eos!r} is not in tokenizer.json. Convert the model again: {CONVERT}"
        )
    return (number,)
