"""A repository, a GitHub and an account in miniature, in which the workflows' own commands are run."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_aws.cdk import Cdk, aws_environment
from local_aws.guardian import Guardian
from local_aws.launcher import TINY_FALCON
from local_aws.ports import free_port
from local_aws.server import Server

from falconry.names import DeploymentNames
from tests.github_support import TOKEN, GithubStandIn, github
from tests.synthesis import copy_project

from .control_plane import ACCOUNT, REGION, control_plane
from .workflow_steps import ROOT, step

IDENTITY = {
    **{f"GIT_{who}_NAME": "Rehearsal" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "rehearsal@example.com" for who in ("AUTHOR", "COMMITTER")},
    "GIT_CONFIG_GLOBAL": os.devnull,
}


@dataclass(frozen=True)
class Run:
    """How one step ended: its exit code, all that it printed, and what it wrote on the run's page."""

    code: int
    printed: str
    page: str


@dataclass(frozen=True)
class Rehearsal:
    """The repository in `folder`/repository, deployed to the emulated AWS at `aws_url`."""

    folder: Path
    aws_url: str
    github: GithubStandIn
    programs: Path

    @property
    def repository(self) -> Path:
        return self.folder / "repository"

    def git(self, *arguments: str, checkout: Path | None = None) -> str:
        command = ["git", "-C", str(checkout or self.repository), *arguments]
        environment = {**os.environ, **IDENTITY}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    def checkout(self, ref: str) -> Path:
        """A fresh checkout of `ref`, set up as `make setup` would, for one job."""
        folder = self.folder / f"job-{len(list(self.folder.glob('job-*')))}"
        self.git("worktree", "add", "--quiet", "--detach", str(folder), ref)
        for name in (".venv", "node_modules"):
            (folder / name).symlink_to(ROOT / name)
        return folder

    def run(self, key: str, checkout: Path, **values: str) -> Run:
        """Run the workflow's step with the name `key` in `checkout`; `values` are those of its expressions."""
        page = checkout / "page.md"
        page.unlink(missing_ok=True)
        environment = {
            **aws_environment(self.aws_url, REGION),
            **self.github.environment,
            "FALCONRY_SETTLE_SECONDS": "0",
            "GITHUB_OUTPUT": str(checkout / "outputs"),
            "GITHUB_STEP_SUMMARY": str(page),
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "REHEARSAL": str(self.folder / "addresses.json"),
        }
        expressions = {"github.token": TOKEN, **values}
        done = step(key).run(checkout, environment, expressions, timeout=180)
        told = page.read_text(encoding="utf-8") if page.exists() else ""
        return Run(done.returncode, done.stdout + done.stderr, told)

    def output(self, name: str, checkout: Path) -> str:
        """What a step of this job handed to the next ones."""
        lines = (checkout / "outputs").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)[name]


@contextmanager
def rehearsal(folder: Path, deployments: tuple[str, ...]) -> Iterator[Rehearsal]:
    """Everything that the workflows need: the account is bootstrapped, and a data plane waits for each deployment."""
    with control_plane(folder / "control-plane.log") as aws_url, github() as stand_in:
        guardian = Guardian()
        guardian.start()
        servers = []
        try:
            addresses = {}
            for deployment in deployments:
                server, addresses[deployment] = _data_plane(folder, deployment, aws_url, guardian)
                servers.append(server)
            (folder / "addresses.json").write_text(json.dumps(addresses), encoding="utf-8")
            Cdk(aws_url, REGION, folder).bootstrap(ACCOUNT)
            yield Rehearsal(_repository(folder), aws_url, stand_in, _programs(folder))
        finally:
            for server in servers:
                server.stop()
            guardian.stop()


def _repository(folder: Path) -> Path:
    repository = folder / "repository"
    copy_project(repository)
    (repository / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    environment = {**os.environ, **IDENTITY}
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(repository), *arguments], env=environment, check=True)
    return folder


def _programs(folder: Path) -> Path:
    """The `falconry` that the steps find on their PATH: the real one.

    Only the name of the API's host is no use here: `smoke` is told where the data plane serves it.
    """
    programs = folder / "programs"
    programs.mkdir()
    falconry = programs / "falconry"
    start = f"PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)}"
    module = Path(__file__).with_name("rehearsed_smoke.py")
    falconry.write_text(
        f'#!/bin/sh\n[ "$1" = smoke ] && {start} {shlex.quote(str(module))} "$@"\n{start} -m falconry "$@"\n',
        encoding="utf-8",
    )
    falconry.chmod(0o755)
    return programs


def _data_plane(folder: Path, deployment: str, aws_url: str, guardian: Guardian) -> tuple[Server, dict[str, str]]:
    state = folder / f"data-plane-{deployment}"
    state.mkdir()
    ports = [free_port(), free_port()]
    arguments = ["--port", str(ports[0]), "--management-port", str(ports[1]), "--aws-endpoint-url", aws_url]
    arguments += ["--region", REGION, "--api-name", DeploymentNames(deployment).api, "--model-dir", str(TINY_FALCON)]
    arguments += ["--state-dir", str(state), "--poll-seconds", "3600"]
    name, module = f"data plane of {deployment}", "local_aws.data_plane"
    server = Server(name, module, *arguments, environment={}, log_file=state / "log", guardian=guardian)
    deadline = time.monotonic() + 60
    while not (state / "data_plane.json").exists():
        assert server.running, server.last_words
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return server, {"api": f"http://127.0.0.1:{ports[0]}", "management": f"http://127.0.0.1:{ports[1]}"}
