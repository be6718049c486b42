"""A config file is read whole, or refused with sentences that tell a tired engineer what to type next."""

from __future__ import annotations

from pathlib import Path

import pytest

from falconry import settings
from falconry.settings import SettingsError
from tools.docs import settings_reference

from .bad_configs import BAD_CONFIGS, EXPECTED, errors_of

GOOD = """\
region: us-east-1
models:
  - name: falcon-7b-instruct
"""


def write(folder: Path, text: str, name: str = "test") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(folder: Path, text: str, name: str = "test") -> tuple[str, ...]:
    """What `load` says, with the folder left out."""
    with pytest.raises(SettingsError) as caught:
        settings.load(write(folder, text, name))
    return tuple(sentence.replace(f"{folder}/", "") for sentence in caught.value.mistakes)


def test_defaults_are_those_of_jumpstart(tmp_path: Path) -> None:
    loaded = settings.load(write(tmp_path, GOOD, "small"))

    assert loaded.name == "small"
    assert loaded.models[0].instance_type == "ml.g5.2xlarge"
    assert loaded.endpoint_name(loaded.models[0]) == "falconry-small-falcon-7b-instruct"
    assert [client.name for client in loaded.api.clients] == ["default"]


@pytest.mark.parametrize("config", sorted(Path("config").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_configs_load(config: Path) -> None:
    assert settings.load(config).models


def test_all_errors_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    text = """\
region: us-est-1
models:
  - name: falcon-180b-chatt
  - name: falcon-180b
    instance_type: ml.p4d.24xlarge
    accept_license: true
network:
  zones: two
"""
    found = mistakes(tmp_path, text)

    assert [sentence.split(" ")[0] for sentence in found] == [
        "test.yaml:1:",
        "test.yaml:3:",
        "test.yaml:5:",
        "test.yaml:8:",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(
            GOOD.replace("us-east-1", "mars-1"),
            "test.yaml:1: region: 'mars-1' is not a region with SageMaker's containers. Allowed: af-south-1, ",
            id="unknown region",
        ),
        pytest.param(
            GOOD.replace("falcon-7b-instruct", "falcon-7b-instrct"),
            "test.yaml:3: models[0].name: 'falcon-7b-instrct' is not a model in the catalog. Did you mean "
            "falcon-7b-instruct? Allowed: falcon-180b, ",
            id="misspelled model",
        ),
        pytest.param(
            GOOD + "    instance_type: ml.g5.2xlrge\n",
            "test.yaml:4: models[0].instance_type: 'ml.g5.2xlrge' is not an instance type that Falcon is known "
            "to run on. Did you mean ml.g5.2xlarge? JumpStart deploys falcon-7b-instruct on ",
            id="misspelled instance type",
        ),
        pytest.param(
            GOOD + "    instances: 2\n",
            "test.yaml:4: models[0].instances: unknown field. Did you mean instance_type? Allowed here: name, ",
            id="unknown setting",
        ),
        pytest.param(
            GOOD + "    instance_count: 0\n",
            "test.yaml:4: models[0].instance_count: 0 must be at least 1.",
            id="no instance",
        ),
        pytest.param(
            GOOD + "  - name: falcon-7b-instruct\n",
            "test.yaml:2: models: Duplicate model falcon-7b-instruct: remove one.",
            id="model twice",
        ),
        pytest.param(
            "models: []\nregion: us-east-1\n", "test.yaml:1: models: [] needs at least one entry.", id="no model"
        ),
        pytest.param("region: us-east-1\n", "test.yaml:1: models: is missing.", id="models missing"),
        pytest.param(
            GOOD + "region: us-west-2\n",
            "test.yaml:4: region: duplicate key, first on line 1. Remove one.",
            id="key twice",
        ),
        pytest.param(
            GOOD + "network: {cidr: 8.8.8.0/24}\n",
            "test.yaml:4: network.cidr: '8.8.8.0/24' is not a private range of /16 to /24.",
            id="public range",
        ),
        pytest.param(
            GOOD + "network: {cidr: 10.0.0.5/16}\n",
            "test.yaml:4: network.cidr: '10.0.0.5/16' is not an IPv4 range",
            id="host bits",
        ),
        pytest.param(
            GOOD + "api:\n  clients:\n    - name: My App\n",
            "test.yaml:6: api.clients[0].name: 'My App' is not valid. Lowercase letters, digits",
            id="client name",
        ),
        pytest.param(
            GOOD + "account: 123\n",
            "test.yaml:4: account: 123 must be a string: put it in quotes.",
            id="account number",
        ),
        pytest.param("- 1\n", "test.yaml: no settings found.", id="a list"),
        pytest.param("", "test.yaml: no settings found.", id="empty"),
        pytest.param("region: [", "test.yaml:1: not valid YAML: ", id="not YAML"),
    ],
)
def test_an_error_is_a_sentence_with_a_place(tmp_path: Path, text: str, sentence: str) -> None:
    (found,) = mistakes(tmp_path, text)

    assert found.startswith(sentence)


def test_the_license_of_the_180b_weights_must_be_acknowledged(tmp_path: Path) -> None:
    text = GOOD.replace("falcon-7b-instruct", "falcon-180b-chat")
    (found,) = mistakes(tmp_path, text)

    assert found.startswith(
        "test.yaml:3: models[0].accept_license: the weights of falcon-180b-chat are licensed under the Falcon-180B TII "
    )
    assert "`accept_license: true`" in found
    assert settings.load(write(tmp_path, text), licenses_needed=False)


def test_a_missing_file_names_those_that_exist(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "dev")
    with pytest.raises(SettingsError, match=r"config file not found\. Did you mean dev\? Files in .*: dev\."):
        settings.load(tmp_path / "dve.yaml")


@pytest.mark.parametrize("name", ["Dev", "my_config", "a-name-that-is-too-long-for-a-bucket"])
def test_the_files_name_must_be_valid_in_names_of_aws_resources(tmp_path: Path, name: str) -> None:
    (found,) = mistakes(tmp_path, GOOD, name)

    assert f"{name!r} is not a valid deployment name" in found


def test_config_path_takes_a_name_or_a_path() -> None:
    assert settings.config_path("dev") == Path("config/dev.yaml")
    assert settings.config_path("/etc/falconry/prod.yaml") == Path("/etc/falconry/prod.yaml")


@pytest.mark.parametrize("name", BAD_CONFIGS)
def test_what_is_errors_of_a_bad_config_was_read_and_found_helpful(name: str) -> None:
    found = errors_of(BAD_CONFIGS[name])

    assert found, "the config was accepted"
    assert f"{name}\n" + "".join(f"    {line}\n" for line in found) + "\n" in EXPECTED.read_text(encoding="utf-8")


def test_the_reference_page_is_that_of_the_fields() -> None:
    assert settings_reference.PAGE.read_text(encoding="utf-8") == settings_reference.page()


def test_every_field_is_described() -> None:
    rows = [line.split(" | ") for line in settings_reference.page().splitlines() if line.startswith("| `")]

    assert len(rows) > 40
    assert [row[0] for row in rows if not row[-1].strip(" |")] == []
