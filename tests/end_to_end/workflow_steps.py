"""The commands of the workflows, as they stand in .github/workflows, run on this machine.

A test takes a job by its workflow and name and runs its `run:` steps with GitHub's own way of running them; the steps
that are actions of others (`uses:`) are not run, so the test has to bring what they would.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"

EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Step:
    """One `run:` step. `environment` holds expressions as they stand: `${{ github.token }}`."""

    workflow: str
    job: str
    name: str
    command: str
    environment: Mapping[str, str]

    @property
    def key(self) -> str:
        """For example "deploy/development/Deploy, test, or go back"."""
        return f"{self.workflow}/{self.job}/{self.name}"

    def run(
        self, folder: Path, environment: Mapping[str, str], values: Mapping[str, str], timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        """Run it in `folder` as a runner would: `bash -e`, with its expressions replaced by their values."""
        own = {name: EXPRESSION.sub(lambda found: values[found[1]], text) for name, text in self.environment.items()}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.command],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment, **own},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )


def load(file: Path) -> dict[str, Any]:
    """A workflow. YAML 1.1 reads the key `on` as true."""
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {"on" if key is True else str(key): value for key, value in content.items()}


def steps() -> Iterator[Step]:
    """All `run:` steps of all workflows."""
    for file in sorted(WORKFLOWS.glob("*.yml")):
        for name, job in load(file)["jobs"].items():
            for step in job["steps"]:
                if "run" in step:
                    environment = {**job.get("env", {}), **step.get("env", {})}
                    yield Step(file.stem, name, step["name"], step["run"], environment)


def step(key: str) -> Step:
    """The step with this key."""
    (found,) = [one for one in steps() if one.key == key]
    return found
