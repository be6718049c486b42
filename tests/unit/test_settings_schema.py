"""The schema that editors check a config by accepts what the loader accepts, and refuses the mistakes of one value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from falconry import settings
from tools.docs import settings_schema

from .bad_configs import API, BAD_CONFIGS, GOOD

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted((ROOT / "config").glob("*.yaml"))
SCHEMA = settings_schema.schema()

NOT_YAML = {"not YAML", "a tab", "key twice", "key twice, deep"}
"""What an editor says of the file before it looks at the schema."""

ONLY_THE_LOADER_KNOWS = {
    # What a model needs, and what it fits on.
    "180B without its license",
    "180B in bf16 on p4d",
    "180B in 8 bits on g5",
    "fp8 on A100",
    "environment with words for a number",
    "environment with two names of a limit",
    "environment without room for an answer",
    "environment with tokens in words",
    "environment against quantize",
    "environment with shards",
    # One name twice.
    "model twice",
    "client twice",
    # What fields must hold together.
    "zone of another region",
    "existing VPC without route tables",
    "existing VPC and a range",
    "auth iam without principals",
    "playground with signatures",
    "jwt without auth jwt",
    "clients with iam",
    "private without endpoints",
    "endpoints without private",
    "CORS star and more",
    "content without an audit log",
    # Arithmetic with addresses.
    "range public",
    "range with host bits",
}
"""Mistakes that a schema of single values cannot see. Everything else it refuses."""


def complaints(text: str) -> list[str]:
    """What the schema says against a config file with this text."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_the_schema_is_a_schema_and_the_file_is_current() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert settings_schema.FILE.read_text(encoding="utf-8") == settings_schema.text(), "run: make reference"


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_config_names_the_schema_and_follows_it(config: Path) -> None:
    text = config.read_text(encoding="utf-8")

    assert text.startswith(f"# yaml-language-server: $schema={settings_schema.FILE.name}\n")
    assert complaints(text) == []


@pytest.mark.parametrize("name", [name for name in BAD_CONFIGS if name not in NOT_YAML])
def test_a_mistake_in_one_value_is_refused(name: str) -> None:
    assert bool(complaints(BAD_CONFIGS[name])) == (name not in ONLY_THE_LOADER_KNOWS)


@pytest.mark.parametrize(
    "text",
    [
        GOOD + '    instance_count: "2"\n',
        GOOD + "    instance_count: 2.0\n",
        GOOD + "    accept_license: yes\n",
        GOOD + '    accept_license: "yes"\n',
        GOOD + "    quantize: null\n",
        GOOD + "    scaling: {mode: target_tracking, concurrent_requests_per_instance: '1e2'}\n",
        API + "  clients: [{name: app, rate_per_second: '2.5'}]\n",
        GOOD + "delivery: null\n",
        GOOD + "operations: {alarms: {disk_percent: '90'}}\n",
    ],
)
def test_a_value_in_quotes_is_taken_by_the_loader_and_the_schema(text: str, tmp_path: Path) -> None:
    file = tmp_path / "quoted.yaml"
    file.write_text(text, encoding="utf-8")

    assert settings.load(file)
    assert complaints(text) == []


def descriptions(section: dict[str, Any]) -> list[str]:
    return [name for name, field in section["properties"].items() if not field.get("description")]


def test_every_field_is_described_and_no_section_takes_unknown_ones() -> None:
    sections = {"": SCHEMA, **SCHEMA["$defs"]}

    assert {name: missing for name, section in sections.items() if (missing := descriptions(section))} == {}
    assert [name for name, section in sections.items() if section["additionalProperties"] is not False] == []
