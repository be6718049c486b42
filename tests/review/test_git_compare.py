"""`make review`: a branch against another, in a repository of its own, which is left as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from falconry.review.git_compare import INSTALLED
from tests.synthesis import copy_project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with one config, committed as main, and a changed working folder."""
    folder = tmp_path_factory.mktemp("repository") / "project"
    copy_project(folder)
    (folder / "config" / "falcon-180b.yaml").unlink()
    (folder / ".gitignore").write_text("".join(f"{name}\n" for name in INSTALLED))
    for name in INSTALLED:
        (folder / name).symlink_to(ROOT / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "Begin")
    return folder


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def start(repository: Path, temporary: Path, base: str) -> subprocess.Popen[str]:
    """What `make review BASE=...` runs, with a folder of its own for what is temporary."""
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "falconry.review.git_compare", base],
        cwd=repository,
        # Without the CDK's check of the templates, most of a synthesis.
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "CDK_VALIDATION": "false"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left(repository: Path, temporary: Path) -> list[str]:
    """Worktrees beside the repository itself, and temporary folders."""
    return [
        *git(repository, "worktree", "list").splitlines()[1:],
        *(path.name for path in temporary.glob("falconry-*")),
    ]


def test_the_working_folder_is_compared_with_a_branch(repository: Path, tmp_path: Path) -> None:
    # GIVEN a config that is changed and not committed, one that is new, and one with a mistake
    dev = (repository / "config" / "dev.yaml").read_text()
    try:
        (repository / "config" / "dev.yaml").write_text(dev.replace("api:", "api:\n  web_acl: {enabled: false}"))
        (repository / "config" / "second.yaml").write_text(dev)
        (repository / "config" / "third.yaml").write_text(dev.replace("ml.g5.2xlarge", "ml.g5.2xlrage"))

        # WHEN it is reviewed by hand
        process = start(repository, tmp_path / "t", "main")
        comment, errors = process.communicate(timeout=200)
    finally:
        git(repository, "checkout", "--quiet", ".")
        git(repository, "clean", "--quiet", "--force")

    # THEN one comment has all three, and nothing is left behind
    assert errors == ""
    assert process.returncode == 1
    assert "## ❌ Cannot be synthesized: config/third.yaml" in comment
    assert "config/third.yaml:9: models[0].instance_type: 'ml.g5.2xlrage' is not an instance type" in comment
    assert "1. **dev: API:** AWS WAF is turned off" in comment
    assert "### second" in comment
    assert "| `falconry-second-models` | 9 |" in comment
    assert left(repository, tmp_path / "t") == []


def test_a_branch_that_is_not_there_is_named(repository: Path, tmp_path: Path) -> None:
    process = start(repository, tmp_path / "t", "mian")

    _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "falconry: git worktree add: fatal: invalid reference: mian" in errors
    assert left(repository, tmp_path / "t") == []


def test_nothing_is_left_when_it_is_ended_on_the_way(repository: Path, tmp_path: Path) -> None:
    process = start(repository, tmp_path / "t", "main")
    deadline = time.monotonic() + 60
    while not list((tmp_path / "t").glob("falconry-*/checkout/app.py")):
        assert time.monotonic() < deadline
        time.sleep(0.05)

    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=100)

    assert (process.returncode, errors) == (143, "")
    assert left(repository, tmp_path / "t") == []
