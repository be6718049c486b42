"""What a model folder must hold, and what is said of one that does not."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from local_aws.model_server.__main__ import TINY_FALCON
from local_aws.model_server.model_folder import ModelFolder
from local_aws.model_server.settings import SettingsError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY_FALCON, tmp_path / "model"))


def test_the_embedded_model_is_complete_and_small() -> None:
    opened = ModelFolder.open(TINY_FALCON)
    assert opened.positions == 2048
    assert opened.eos_ids == (11,)
    assert opened.special_ids == frozenset(range(12))
    assert opened.tokens[11] == "<|endoftext|>"
    assert sum(file.stat().st_size for file in TINY_FALCON.iterdir()) < 6_000_000


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no such folder.*ct2-transformers-converter"):
        ModelFolder.open(tmp_path / "absent")


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SettingsError, match=re.escape(f"{name} is missing")):
        ModelFolder.open(folder)


def test_a_tokenizer_of_another_model_is_refused(folder: Path) -> None:
    tokens = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    tokens[20], tokens[21] = tokens[21], tokens[20]
    (folder / "vocabulary.json").write_text(json.dumps(tokens), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"token 20 is .* in tokenizer\.json but not in the model's vocabulary"):
        ModelFolder.open(folder)


DAMAGED = [
    ("config.json", "not valid JSON"),
    ("vocabulary.json", "not valid JSON"),
    ("tokenizer.json", "no tokenizer"),
]


@pytest.mark.parametrize(("name", "sentence"), DAMAGED)
def test_a_damaged_file_is_named(folder: Path, name: str, sentence: str) -> None:
    (folder / name).write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(f"{name}: {sentence}")):
        ModelFolder.open(folder)


def test_an_end_token_that_the_tokenizer_does_not_know(folder: Path) -> None:
    (folder / "config.json").write_text('{"eos_token": "</s>"}', encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape("the end token '</s>' is not in tokenizer.json")):
        ModelFolder.open(folder)


def test_positions_are_those_of_falcon_unless_the_folder_says_otherwise(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 512}', encoding="utf-8")
    assert ModelFolder.open(folder).positions == 512
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 1e30}', encoding="utf-8")
    assert ModelFolder.open(folder).positions == 2048
    (folder / "tokenizer_config.json").unlink()
    assert ModelFolder.open(folder).positions == 2048
