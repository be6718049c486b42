"""A checkout of this project: its configs, and the programs that its `make setup` installed."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from falconry.cdk import ROOT, Cdk
from falconry.delivery.errors import DeliveryError
from falconry.errors import CommandError


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
        """This process's environment, with the checkout's programs in the PATH."""
        return Cdk(self.root).environment()

    @property
    def commit(self) -> str:
        """The commit that is checked out, or "an unknown commit" outside a repository."""
        result = subprocess.run(
            ["git", "-C", str(self.root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        )
        return result.stdout.strip() or "an unknown commit"

    def cdk(self, *arguments: str) -> str:
        """Run `cdk ARGUMENTS` in the checkout; what it printed. Raises DeliveryError with it if it failed."""
        try:
            command = Cdk(self.root).command(*arguments)
        except CommandError as error:
            raise DeliveryError(str(error)) from None
        result = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment,
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
