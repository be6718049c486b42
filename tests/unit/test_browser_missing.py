"""Without Chromium the playground's tests are left out and the run says so at its end; CI asks for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def collect(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """pytest over the playground's tests and one more file, on a machine whose PATH is empty."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FALCONRY_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "tests/browser", "tests/unit/test_rooms.py"],
        cwd=ROOT,
        env={**inherited, "PATH": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_run_without_a_browser_passes_and_says_what_it_left_out(tmp_path: Path) -> None:
    run = collect(tmp_path)

    assert run.returncode == 0
    assert "tests of the playground: there is no Chromium here. Install Chromium" in run.stdout[-600:]
    assert "test_rooms.py" in run.stdout
    assert "browser/test_" not in run.stdout


def test_where_they_are_required_a_missing_browser_fails(tmp_path: Path) -> None:
    run = collect(tmp_path, FALCONRY_BROWSER_TESTS="required")

    assert run.returncode != 0
    assert "FALCONRY_BROWSER_TESTS=required, and there is no Chromium. Install Chromium" in run.stderr


def test_a_browser_that_is_named_and_missing_is_told(tmp_path: Path) -> None:
    run = collect(tmp_path, FALCONRY_CHROMIUM="/nowhere/chromium")

    assert run.returncode != 0
    assert "FALCONRY_CHROMIUM=/nowhere/chromium: there is no such program." in run.stderr
