"""From a file to `Settings`, or to a sentence for each error in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from falconry.catalog import MODELS
from falconry.did_you_mean import did_you_mean
from falconry.settings.document import YamlDocument, YamlDocumentError
from falconry.settings.errors import only_repeats_item_errors, sentence
from falconry.settings.phrasing import listing
from falconry.settings.sections.deployment import Settings


class SettingsError(ValueError):
    """A config file is invalid. `mistakes` holds one sentence for each error."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def config_path(config: str) -> Path:
    """The file that `config` names: a path that ends in .yaml, or the stem of a file in config/."""
    return Path(config) if config.endswith(".yaml") else Path("config") / f"{config}.yaml"


def load(path: Path, *, licenses_needed: bool = True) -> Settings:
    """Read and check the config file at `path`.

    `licenses_needed=False` skips the acknowledgment of licenses, for a deployment that fetches no weights.

    Raises:
        SettingsError: the file is missing, is not YAML, or has errors in it.
    """
    if not path.is_file():
        present = sorted(file.stem for file in path.parent.glob("*.yaml"))
        hint = did_you_mean(path.stem, present)
        where = f"Files in {path.parent}/: {listing(present) or 'none'}."
        raise SettingsError([f"{path}: config file not found.{hint} {where}"])
    try:
        document = YamlDocument(path)
        settings = Settings.model_validate({**document.values, "name": path.stem})
    except YamlDocumentError as error:
        raise SettingsError(error.sentences) from None
    except ValidationError as error:
        mistakes = [
            sentence(details, document, path) for details in error.errors() if not only_repeats_item_errors(details)
        ]
        raise SettingsError(mistakes) from None
    if licenses_needed:
        _require_licenses(settings, document)
    return settings


def _require_licenses(settings: Settings, document: YamlDocument) -> None:
    mistakes = []
    for index, model in enumerate(settings.models):
        entry = MODELS[model.name]
        if entry.requires_license_acceptance and not model.accept_license:
            mistakes.append(
                f"{document.place(('models', index, 'accept_license'))}: the weights of {model.name} are licensed "
                f"under the {entry.license}. Read it, then set `accept_license: true` for this model."
            )
    if mistakes:
        raise SettingsError(mistakes)
