"""`python -m local_aws.shell COMMAND...`: runs a command for which AWS is an emulated one, with nothing deployed in it.

The command deploys what it likes, as into a new account: the CDK, boto3, the AWS CLI and SageMaker's SDK all read the
variables that are set for it. Two variables say what in AWS a DNS name would: AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME, and
one of the project's own, where the one REST API that gets deployed is served. When the command ends, everything ends.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from local_aws.cdk import aws_environment, forget_aws
from local_aws.extensions import API_URL_VARIABLE
from local_aws.guardian import Guardian
from local_aws.server import Server

START_TIMEOUT = 60.0
"""Seconds for each server."""

TINY_FALCON = Path(__file__).resolve().parent / "model_server" / "tiny_falcon"

_LISTENING = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")

# Buckets have no DNS names here.
_AWS_CONFIG = "[default]\ns3 =\n  addressing_style = path\n"

# SageMaker's SDK would tell AWS how it is used.
_SAGEMAKER_CONFIG = "SchemaVersion: '1.0'\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n"


class ShellError(Exception):
    """A server did not start; the text has the end of its log."""


@contextmanager
def emulated_account(folder: Path, region: str) -> Iterator[Mapping[str, str]]:
    """An emulated AWS with an account in which nothing is deployed, until the context is left.

    Gives the environment of commands that are to use it. `folder` is for its logs and files.

    Raises:
        ShellError: a server did not start.
    """
    guardian = Guardian()
    guardian.start()
    servers: list[Server] = []

    def start(name: str, *arguments: str) -> Server:
        module = f"local_aws.{name.replace(' ', '_')}"
        server = Server(name, module, *arguments, environment={}, log_file=folder / f"{name}.log", guardian=guardian)
        servers.append(server)
        return server

    try:
        control_plane = start("control plane", "--port", "0")
        aws_url = f"http://localhost:{_port(control_plane)}"
        data_plane = start(
            "data plane",
            *("--port", "0", "--aws-endpoint-url", aws_url, "--region", region),
            *("--state-dir", str(folder), "--model-dir", str(TINY_FALCON)),
        )
        addresses = _addresses(data_plane, folder / "data_plane.json")
        (folder / "aws-config").write_text(_AWS_CONFIG, encoding="utf-8")
        (folder / "sagemaker-config.yaml").write_text(_SAGEMAKER_CONFIG, encoding="utf-8")
        yield {
            **aws_environment(aws_url, region),
            # npx stands beside Python here; the one beside Node.js is not for calling.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "AWS_CONFIG_FILE": str(folder / "aws-config"),
            "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": addresses["services_url"],
            API_URL_VARIABLE: f"{addresses['api_url']}/v1",
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(folder / "sagemaker-config.yaml"),
            # The CDK remembers there which account a key belongs to.
            "CDK_HOME": str(folder / "cdk-home"),
        }
    finally:
        for server in reversed(servers):
            server.stop()
        guardian.stop()


def run(command: Sequence[str], region: str) -> int:
    """Run the command in an emulated account of its own; its exit code, or 128 and the signal that ended it.

    SIGTERM is passed on to the command.
    """
    forget_aws()
    ended = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal ended
        ended = True
        if process is not None:
            process.terminate()

    process: subprocess.Popen[bytes] | None = None
    signal.signal(signal.SIGTERM, end)
    with (
        tempfile.TemporaryDirectory(prefix="local-aws-") as folder,
        emulated_account(Path(folder).resolve(), region) as environment,
    ):
        if ended:
            return 128 + signal.SIGTERM
        # Ctrl-C in a terminal reaches the command too; what it makes of it is its affair.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
        process = subprocess.Popen(command, env=environment)
        code = process.wait()
    return code if code >= 0 else 128 - code


def _port(server: Server) -> int:
    """Where the control plane listens, as soon as it says so."""
    for _ in _until_started(server):
        if found := _LISTENING.search(server.log_file.read_text(encoding="utf-8")):
            return int(found[1])
    raise AssertionError  # _until_started raises before it ends


def _addresses(server: Server, file: Path) -> Mapping[str, str]:
    """Where the data plane listens, as soon as it says so."""
    for _ in _until_started(server):
        if file.exists() and (text := file.read_text(encoding="utf-8")).endswith("\n"):
            addresses: Mapping[str, str] = json.loads(text)
            return addresses
    raise AssertionError


def _until_started(server: Server) -> Iterator[None]:
    deadline = time.monotonic() + START_TIMEOUT
    while server.running and time.monotonic() < deadline:
        yield
        time.sleep(0.05)
    raise ShellError(f"The {server.name} did not start:\n\n{server.last_words}")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; its exit code, or 1 with a sentence if the emulated AWS does not start."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.shell", description=__doc__)
    parser.add_argument("--region", default="us-east-1", help="where the REST API will be deployed")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="for example: npx cdk bootstrap")
    options = parser.parse_args(arguments)
    if not options.command:
        parser.error("give a command, for example: npx cdk bootstrap")
    try:
        return run(options.command, options.region)
    except (ShellError, OSError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
