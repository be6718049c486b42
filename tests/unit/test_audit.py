"""What `make audit` makes of pip-audit's answers: a database out of reach is not a clean bill."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).resolve().parents[2] / ".ci" / "audit.py"

KNOWN = """\
{"dependencies": [
  {"name": "good", "version": "1", "vulns": []},
  {"name": "bad", "version": "2", "vulns": [
    {"id": "PYSEC-1", "fix_versions": ["3"]}, {"id": "PYSEC-2", "fix_versions": []}
  ]}
]}"""
SKIPPED = '{"dependencies": [{"name": "good", "skip_reason": "Dependency not found on PyPI"}]}'


@pytest.fixture
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


def pip_audit(folder: Path, output: str, errors: str, code: int) -> str:
    """A program that answers as pip-audit does."""
    (folder / "output").write_text(output)
    (folder / "errors").write_text(errors)
    program = folder / "pip-audit"
    program.write_text(f'#!/bin/sh\ncat "{folder}/output"\ncat "{folder}/errors" >&2\nexit {code}\n')
    program.chmod(0o755)
    return str(program)


def test_known_vulnerabilities_fail_and_are_named(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main([pip_audit(tmp_path, KNOWN, "", 1), "requirements.txt"]) == 1

    printed = capsys.readouterr()
    assert "requirements.txt: 2 packages, 2 known vulnerabilities" in printed.out
    assert "bad 2: PYSEC-1 (fixed in 3)" in printed.err
    assert "bad 2: PYSEC-2 (no fix yet)" in printed.err


@pytest.mark.parametrize(
    ("output", "errors", "code"),
    [
        pytest.param("", "requests.exceptions.ConnectionError: Max retries exceeded", 1, id="no network"),
        pytest.param(SKIPPED, "No known vulnerabilities found", 0, id="nothing could be asked"),
    ],
)
def test_a_database_out_of_reach_is_said_and_fails_nothing(
    output: str, errors: str, code: int, audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main([pip_audit(tmp_path, output, errors, code), "requirements.txt"]) == 0

    assert "requirements.txt: NOT audited" in capsys.readouterr().out


def test_another_failure_is_not_taken_for_no_network(audit: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="requirement files should be pinned"):
        audit.main([pip_audit(tmp_path, "", "ERROR: requirement files should be pinned", 1), "requirements.txt"])
