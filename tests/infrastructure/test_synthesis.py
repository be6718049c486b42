"""Synthesis as a whole: the same bytes every time, no account, no export that would lock an update, no open finding."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from falconry import settings
from falconry.cdk import Cdk
from stacks.deployment import add_deployment
from tests.synthesis import ROOT, config_file, copy_project, new_app

from .conftest import Deployment
from .matrix import MATRIX

CONFIGS = sorted((ROOT / "config").glob("*.yaml"))


def _checkout(folder: Path) -> Path:
    """The project again, in another folder."""
    copy_project(folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


def _start_synth(project: Path, output: Path) -> subprocess.Popen[str]:
    """`cdk synth` of the default config by a user without any AWS setting."""
    command = Cdk().command("synth", "--quiet", "--output", output)
    environment = Cdk().environment(account=False)
    return subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.PIPE, text=True)


def test_two_syntheses_in_two_checkouts_give_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / "first", tmp_path / "second"]
    contents = []
    projects = [ROOT, _checkout(tmp_path / "checkout")]
    running = [_start_synth(project, folder) for project, folder in zip(projects, folders, strict=True)]
    for process, folder in zip(running, folders, strict=True):
        with process:
            _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        contents.append({str(path.relative_to(folder)): path.read_bytes() for path in files})

    assert contents[0].keys() == contents[1].keys()
    assert [name for name in contents[0] if contents[0][name] != contents[1][name]] == []


def test_no_stack_locks_another_by_an_export(falcon_180b: Deployment) -> None:
    for template in (falcon_180b.network, falcon_180b.models, falcon_180b.api, falcon_180b.operations):
        assert not [output for output in template.body.get("Outputs", {}).values() if "Export" in output]


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_cdk_nag_finds_nothing_without_a_reason(config: Path, tmp_path: Path) -> None:
    synthesize_with_cdk_nag(config, tmp_path)


@pytest.mark.parametrize("name", MATRIX)
def test_nor_in_the_matrix(name: str, tmp_path: Path) -> None:
    synthesize_with_cdk_nag(config_file(tmp_path, MATRIX[name].first, name), tmp_path)


def synthesize_with_cdk_nag(config: Path, folder: Path) -> None:
    """Raises, with the report printed, where a finding is left."""
    app = new_app(folder / "cdk.out")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))
    add_deployment(app, settings.load(config))

    app.synth()
