"""A checkout of this project: its configs, and the programs that its `make setup` installed."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from falconry.delivery.errors import DeliveryError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Project:
    """The checkout in `root`, set up."""

    root: Path = ROOT

    @property
    def configs(self) -> list[Path]:
        """Its config files."""
        return sorted((self.root / "config").glob("*.yaml"))

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment, with the checkout's programs last in the PATH: cdk starts `node` by name."""
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(self.root / ".venv" / "bin")])
        return {**os.environ, "PATH": path, "CDK_DISABLE_VERSION_CHECK": "1"}

    @property
    def commit(self) -> str:
        """The commit that is checked out, or "an unknown commit" outside a repository."""
        result = subprocess.run(
            ["git", "-C", str(self.root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        return result.stdout.strip() or "an unknown commit"

    def cdk(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Run `cdk ARGUMENTS` in the checkout; what it printed. Raises DeliveryError with it if it failed."""
        node = self.root / ".venv" / "bin" / "node"
        command = [str(node), str(self.root / "node_modules" / "aws-cdk" / "bin" / "cdk"), *arguments, "--no-notices"]
        if not node.exists():
            raise DeliveryError(f"{node} is missing. Run `make setup` in {self.root}.")
        result = subprocess.run(
            command,
            cwd=self.root,
            env=environment or self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(result.stdout, flush=True)
        if result.returncode != 0:
            end = "\n".join(result.stdout.splitlines()[-20:])
            raise DeliveryError(f"`cdk {arguments[0]}` failed ({result.returncode}):\n{end}")
        return result.stdout
