"""The workflows: every command is run somewhere, every action is pinned, no job has more rights than its work.

actionlint and zizmor look at them too (`make check-workflows`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_delivery import CONFIGS, REHEARSED
from tests.end_to_end.workflow_steps import WORKFLOWS, load, steps

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(WORKFLOWS.glob("*.yml"))
CI_LINES = set(map(str.strip, (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()))

WRITES = {
    "review/comment": {"pull-requests"},
    "review/account": {"id-token"},
    "deploy/development": {"id-token"},
    "deploy/prepare": {"id-token"},
    "deploy/production": {"id-token"},
}
"""Job -> what it may write. `id-token` is a token to show to AWS; nothing in GitHub is written with it."""

RUNS_THE_CHANGE = {"checks/tests", "checks/static", "checks/dependencies", "review/head", "review/account"}
"""Jobs that run the code of a pull request."""


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in FILES:
        for name, job in load(file)["jobs"].items():
            yield f"{file.stem}/{name}", job


JOBS = dict(jobs())


def uses() -> Iterator[tuple[str, str]]:
    """Each line of the files that uses an action: the file and the line."""
    for file in FILES:
        for line in file.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                yield file.name, line.strip()


def test_every_command_is_run_by_the_rehearsal_or_by_ci() -> None:
    hoped = [step.key for step in steps() if step.key not in REHEARSED and step.command not in CI_LINES]

    assert hoped == []


def test_every_rehearsed_step_is_there() -> None:
    assert REHEARSED - {step.key for step in steps()} == set()


def test_a_command_is_one_line_and_takes_values_from_its_environment_alone() -> None:
    # An expression inside a command would be a way to inject one: a branch can be called $(curl ...).
    for step in steps():
        assert "\n" not in step.command.strip()
        assert "${{" not in step.command


def test_every_action_is_pinned_by_its_commit_with_the_version_beside_it() -> None:
    pinned = re.compile(r"- uses: (actions|aws-actions)/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

    assert [(file, line) for file, line in uses() if not pinned.fullmatch(line)] == []


def test_an_action_has_one_version() -> None:
    pins = {line.removeprefix("- uses: ") for _, line in uses()}

    assert len(pins) == len({pin.partition("@")[0] for pin in pins}) == 4


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_workflow_itself_may_do_nothing(file: Path) -> None:
    workflow = load(file)

    assert workflow["permissions"] == {}
    assert set(workflow["on"]) <= {"pull_request", "push"}, "other events may run with a write token for forks"


@pytest.mark.parametrize("job", JOBS)
def test_a_job_has_no_more_rights_than_its_work(job: str) -> None:
    permissions = JOBS[job]["permissions"]

    assert {name for name, right in permissions.items() if right == "write"} == WRITES.get(job, set())
    assert {name for name, right in permissions.items() if right == "read"} <= {"contents", "actions"}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_ends(job: str) -> None:
    assert 0 < JOBS[job]["timeout-minutes"] <= 240


@pytest.mark.parametrize("job", JOBS)
def test_a_checkout_leaves_no_token_behind(job: str) -> None:
    for step in JOBS[job]["steps"]:
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_no_secret_is_used_at_all() -> None:
    assert [file.name for file in FILES if "secrets." in file.read_text(encoding="utf-8")] == []


def test_what_can_write_never_runs_the_code_of_a_pull_request() -> None:
    for name, job in JOBS.items():
        if name.startswith("review/") and name not in RUNS_THE_CHANGE:
            (checkout,) = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
            assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.ref }}"
    # The one that has both can only look: see test_delivery_privilege.
    assert {name for name in RUNS_THE_CHANGE if WRITES.get(name)} == {"review/account"}


@pytest.mark.parametrize("job", ["review/comment", "review/account"])
def test_a_fork_gets_no_token_that_can_write_or_log_in(job: str) -> None:
    assert "github.event.pull_request.head.repo.full_name == github.repository" in JOBS[job]["if"]


def test_production_waits_for_its_environment_and_for_development() -> None:
    for job, needs in (("deploy/prepare", "development"), ("deploy/production", "prepare")):
        assert JOBS[job]["environment"] == "production"
        assert JOBS[job]["needs"] == needs
        assert JOBS[job]["concurrency"] == {"group": "deploy-production", "cancel-in-progress": False}
    assert JOBS["deploy/development"]["concurrency"]["cancel-in-progress"] is False


def test_what_is_deployed_is_a_shipped_config() -> None:
    deployed = {job["env"]["CONFIG"] for job in JOBS.values() if "CONFIG" in job.get("env", {})}

    assert deployed == set(CONFIGS)
    assert all((ROOT / "config" / f"{name}.yaml").exists() for name in deployed)
