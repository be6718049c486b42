"""The matrix leaves no setting out, and follows the schema that editors check a config by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

from falconry import settings
from tools.docs import settings_schema

from .conftest import config_file
from .matrix import MATRIX


def fields(section: type[BaseModel]) -> Iterator[str]:
    """The names of a section's fields and of those below it, such as `Model.quantize`."""
    yield from (f"{section.__name__}.{name}" for name in section.model_fields)


def changed(section: BaseModel) -> Iterator[str]:
    """The fields below `section` that have another value than their default, or that have no default."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if field.is_required() or value != field.get_default():
            yield f"{type(section).__name__}.{name}"
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, BaseModel):
                yield from changed(part)


@pytest.fixture(scope="module")
def exercised(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder: Path = tmp_path_factory.mktemp("config")
    texts = [text for config in MATRIX.values() for text in (config.first, config.second)]
    found = [settings.load(config_file(folder, text)) for text in texts]
    production = settings.Settings.model_fields
    # The matrix' own start turns these two off, so that little is left behind: their default has to be met too.
    assert {bool(production[name].default) for name in ("retain_data", "termination_protection")} == {True}
    assert any(one.retain_data and one.termination_protection for one in found)
    return {name for one in found for name in changed(one)}


@pytest.mark.parametrize(
    "section",
    [
        settings.Alarms,
        settings.Api,
        settings.AuditLogSettings,
        settings.BudgetSettings,
        settings.ClientSettings,
        settings.Delivery,
        settings.Domain,
        settings.ExistingVpcSettings,
        settings.Iam,
        settings.Jwt,
        settings.Model,
        settings.Network,
        settings.Operations,
        settings.Settings,
        settings.WebAclSettings,
    ],
)
def test_every_setting_is_changed_by_a_config(section: type[BaseModel], exercised: set[str]) -> None:
    assert set(fields(section)) - exercised == set()


@pytest.mark.parametrize("name", MATRIX)
def test_every_config_follows_the_schema(name: str) -> None:
    for text in (MATRIX[name].first, MATRIX[name].second):
        jsonschema.validate(yaml.safe_load(text), settings_schema.schema())
