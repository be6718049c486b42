"""From a config file to a served API: control plane, `cdk deploy`, data plane, and an orderly end."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local_aws import terminal
from local_aws.cdk import CLI, NODE, Cdk, CdkError
from local_aws.guardian import Guardian
from local_aws.model_server.model_folder import ModelFolder
from local_aws.model_server.settings import SettingsError as ModelError
from local_aws.ports import HOST, free_port
from local_aws.project import Deployment
from local_aws.server import Server

ACCOUNT = "123456789012"
"""The emulated account where the deployment names none."""

DEPLOY_ARGUMENTS = ("--require-approval", "never", "--concurrency", "2")

CONTROL_PLANE_TIMEOUT = 60.0
DATA_PLANE_TIMEOUT = 900.0
"""Seconds to wait for the servers. The second is long because a real model in MODEL_DIR takes its time to load."""


TINY_FALCON = Path(__file__).resolve().parent / "model_server" / "tiny_falcon"
"""The model that answers where MODEL_DIR and MODEL_SERVER_URL name no other."""

# Never through a proxy that the environment may name: the servers are on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class LaunchError(Exception):
    """The emulated AWS cannot be started; the text says why and what to do."""


class Stopped(BaseException):
    """SIGINT or SIGTERM came."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `port` 0 takes a free one."""

    port: int
    model_dir: Path | None
    model_server_url: str | None
    state_dir: Path


class Launcher:
    """Runs the emulated AWS for one deployment.

    While it runs, `<state_dir>/api.json` tells how to call the API, and `<state_dir>/logs/` holds what its parts print.
    """

    def __init__(self, options: Options, deployment: Deployment) -> None:
        self._options = options
        self._deployment = deployment
        self._logs = options.state_dir / "logs"
        self._api_file = options.state_dir / "api.json"
        self._assembly = options.state_dir / "cdk.out"
        self._account = deployment.account or ACCOUNT
        self._guardian = Guardian()
        self._servers: list[Server] = []

    def run(self) -> None:
        """Start everything, serve until SIGINT or SIGTERM, stop everything.

        Raises:
            LaunchError: something is missing, taken, or fails.
        """
        _require_tools()
        _require_model(self._options)
        self._options.state_dir.mkdir(parents=True, exist_ok=True)
        with _only_instance(self._options.state_dir / "lock"), contextlib.suppress(Stopped):
            port = _require_port(self._options.port)
            shutil.rmtree(self._logs, ignore_errors=True)
            self._logs.mkdir()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, _raise_stopped)
            try:
                self._guardian.start()
                self._start(port)
                self._watch()
            finally:
                self._stop()

    def _start(self, port: int) -> None:
        print(f"{self._deployment.title} in an AWS emulated on this machine\n", flush=True)
        started = time.monotonic()
        control_port = free_port()
        aws_url = f"http://localhost:{control_port}"
        cdk = Cdk(aws_url, self._deployment.region, self._logs)
        try:
            with (
                terminal.step("AWS control plane, cdk synth, cdk bootstrap"),
                # Synthesis needs no AWS: it goes on while the control plane starts.
                cdk.start("synth", *self._synth_arguments()) as synth,
            ):
                self._start_control_plane(control_port)
                self._deployment.publish(aws_url)
                cdk.bootstrap(self._account)
                synth.finish()
            with terminal.step("cdk deploy"):
                cdk.run("deploy", "--all", "--app", str(self._assembly), *DEPLOY_ARGUMENTS)
        except CdkError as error:
            end = "\n".join(str(error).splitlines()[-25:])
            raise LaunchError(f"{end}\n\n`cdk {error.command}` failed. All it printed: {error.log_file}") from None
        with terminal.step("API and models"):
            self._start_data_plane(port, aws_url)
        description = self._deployment.describe_api(f"http://{HOST}:{port}", aws_url)
        # Whether the tiny model answers, which knows the announcement's samples word for word.
        announced = self._options.model_dir is None and self._options.model_server_url is None
        api = {**description, "announced_answers": announced, "process_id": os.getpid()}
        # In one step: whoever waits for the file reads all of it.
        unfinished = self._api_file.with_suffix(".part")
        unfinished.write_text(json.dumps(api, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self._api_file)
        print(self._deployment.banner(api, self._logs, time.monotonic() - started), flush=True)

    def _synth_arguments(self) -> list[str]:
        return ["--quiet", "--output", str(self._assembly), *self._deployment.synth_arguments]

    def _start_control_plane(self, port: int) -> None:
        server = self._start_server(
            "control plane",
            "local_aws.control_plane",
            "--port",
            str(port),
            environment={"MOTO_ACCOUNT_ID": self._account},
        )
        self._wait_for(server, lambda: _accepts_connections(port), CONTROL_PLANE_TIMEOUT)

    def _start_data_plane(self, port: int, aws_url: str) -> None:
        management_port = free_port()
        arguments = [
            *("--port", str(port), "--management-port", str(management_port)),
            *("--aws-endpoint-url", aws_url, "--region", self._deployment.region),
            *("--api-name", self._deployment.api_name, "--state-dir", str(self._options.state_dir)),
            *self._model_arguments(),
        ]
        server = self._start_server("data plane", "local_aws.data_plane", *arguments, environment={})
        self._wait_for(server, lambda: _is_ready(management_port, server.log_file), DATA_PLANE_TIMEOUT)

    def _model_arguments(self) -> list[str]:
        if self._options.model_server_url:
            return ["--model-server-url", self._options.model_server_url]
        return ["--model-dir", str((self._options.model_dir or TINY_FALCON).resolve())]

    def _start_server(self, name: str, module: str, *arguments: str, environment: dict[str, str]) -> Server:
        log_file = self._logs / f"{name.replace(' ', '-')}.log"
        server = Server(name, module, *arguments, environment=environment, log_file=log_file, guardian=self._guardian)
        self._servers.append(server)
        return server

    def _wait_for(self, server: Server, condition: Callable[[], bool], timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            if not server.running:
                raise LaunchError(f"The {server.name} ended:\n\n{server.last_words}\n\nIts log: {server.log_file}")
            if time.monotonic() > deadline:
                raise LaunchError(f"The {server.name} was not ready after {timeout:.0f} s. Its log: {server.log_file}")
            time.sleep(0.05)

    def _watch(self) -> None:
        while all(server.running for server in self._servers):
            time.sleep(0.2)
        for server in self._servers:
            if not server.running:
                raise LaunchError(
                    f"The {server.name} ended unexpectedly:\n\n{server.last_words}\n\nIts log: {server.log_file}"
                )

    def _stop(self) -> None:
        # A second Ctrl-C must not leave half of it running.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        self._api_file.unlink(missing_ok=True)
        for server in reversed(self._servers):
            server.stop()
        self._guardian.stop()
        print("\nStopped; nothing is left running.", flush=True)


def _raise_stopped(number: int, frame: object) -> None:
    raise Stopped


def _require_tools() -> None:
    for tool in (NODE, CLI):
        if not tool.exists():
            raise LaunchError(f"{tool} is missing. `make setup` installs it.")


@contextlib.contextmanager
def _only_instance(lock_file: Path) -> Iterator[None]:
    with lock_file.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            process_id = lock.read().strip() or "unknown"
            raise LaunchError(
                f"`make local` runs already, as process {process_id}. Stop it first: Ctrl-C there."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _require_port(port: int) -> int:
    """`port` if it is free, or a free one for 0."""
    if port == 0:
        return free_port()
    with socket.socket() as probe:
        # As the server itself will: a port whose last connections are still closing can be taken again.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise LaunchError(f"Port {port} of {HOST} is in use. Choose another: make local PORT=9000") from None
    return port


def _accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _is_ready(management_port: int, log_file: Path) -> bool:
    """Whether the data plane runs everything that is deployed. Raises LaunchError for what it cannot run."""
    try:
        with _OPENER.open(f"http://{HOST}:{management_port}/_local/health", timeout=5) as response:
            health = json.load(response)
    except OSError:
        return False
    parts = {**health["functions"], **health["endpoints"]}
    reasons = [f"{name}: {part['reason']}" for name, part in parts.items() if part["reason"]]
    if reasons:
        raise LaunchError(
            "\n".join(reasons) + f"\n\nThe log: {log_file}; the models' own: {log_file.parent}/sagemaker/"
        )
    return bool(health["ready"])


def _require_model(options: Options) -> None:
    """Looks at MODEL_DIR or MODEL_SERVER_URL before anything is deployed."""
    if options.model_dir is not None:
        try:
            ModelFolder.open(options.model_dir)
        except ModelError as error:
            raise LaunchError(f"MODEL_DIR cannot be served. {error}") from None
    if options.model_server_url is not None:
        url = f"{options.model_server_url.rstrip('/')}/health"
        try:
            with _OPENER.open(url, timeout=10):
                return
        except (OSError, ValueError) as error:
            raise LaunchError(
                f"No model server answers at MODEL_SERVER_URL: GET {url}: {error}. "
                "Give the URL of a running text-generation-inference server, such as http://127.0.0.1:3000."
            ) from None
