"""The data plane as a process: its start, a port in use, and that nothing is left when it ends, however it ends."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from local_aws.ports import free_port
from local_aws_testing.data_plane import PROJECT, REGION, alive, shared_aws, wait_until


@pytest.fixture(scope="module")
def api_name() -> str:
    aws = shared_aws()
    api = aws.create_api("process")
    function = aws.create_function("process-buffered", "buffered.handler")
    wrapped = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
    streaming = aws.create_function("process-streaming", "streaming_loop.handler", Environment=wrapped)
    api.method("GET /{action}", function)
    api.method("GET /stream/{action}", streaming, streaming=True)
    api.deploy()
    return "process"


def command(port: int, *more: str) -> list[str]:
    fixed = ["--port", str(port), "--aws-endpoint-url", shared_aws().url, "--region", REGION]
    return [sys.executable, "-m", "local_aws.data_plane", *fixed, *more]


class Started:
    def __init__(self, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self.process = process
        addresses = json.loads((folder / "data_plane.json").read_text(encoding="utf-8"))
        self.api_url: str = addresses["api_url"]
        self._health_url = f"{addresses['management_url']}/_local/health"

    def health(self) -> dict[str, Any]:
        return dict(httpx2.get(self._health_url, timeout=5).json())

    def children(self) -> list[int]:
        functions = self.health()["functions"].values()
        return [environment["pid"] for function in functions for environment in function["environments"]]


@pytest.fixture
def started(api_name: str, tmp_path: Path) -> Iterator[Started]:
    port = free_port()
    arguments = command(port, "--api-name", api_name, "--state-dir", str(tmp_path))
    with subprocess.Popen(arguments, cwd=PROJECT, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: (tmp_path / "data_plane.json").exists(), what="the start")
            time.sleep(0.05)
            running = Started(process, tmp_path)
            wait_until(lambda: running.health()["ready"], what="readiness")
            yield running
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_also_within_a_request(started: Started, number: signal.Signals) -> None:
    children = started.children()
    assert len(children) == 2
    with httpx2.stream("GET", f"{started.api_url}/stream/pause", timeout=10) as answer:
        assert answer.status_code == 201
        begun = time.monotonic()
        started.process.send_signal(number)
        assert started.process.wait(5) == 0
    assert time.monotonic() - begun < 5
    assert not [pid for pid in children if alive(pid)]


def test_the_children_end_when_the_data_plane_is_killed(started: Started) -> None:
    children = started.children()
    with httpx2.stream("GET", f"{started.api_url}/stream/pause", timeout=10):
        started.process.send_signal(signal.SIGKILL)
        started.process.wait(5)
    wait_until(lambda: not [pid for pid in children if alive(pid)], 5, "the end of the children")


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command(port, "--state-dir", str(tmp_path)), cwd=PROJECT, capture_output=True, timeout=20, check=False
        )
    assert ended.returncode == 1
    assert (
        ended.stderr.decode()
        == f"data plane: port {port} on 127.0.0.1 cannot be used: Address already in use. Choose another one.\n"
    )
