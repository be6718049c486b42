"""The contestants besides LiteLLM's proxy: boto3 called directly, and the front. Each runs in its own process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from tools.bench import child, question
from tools.bench.arrivals import Timing, WrongAnswerError
from tools.bench.lambda_function import FRONT, LambdaFolders, front_environment, gateway_event, python_environment
from tools.bench.runtime_api import StandInRuntimeApi

ROOT = Path(__file__).resolve().parents[2]


class Contestant(Protocol):
    """One way to SageMaker. `process_id` is what it runs in."""

    name: str
    process_id: int

    def ask(self, endpoint: str) -> Timing:
        """The question, once. Raises WrongAnswerError if the answer is not complete."""
        ...


@contextlib.contextmanager
def sagemaker_runtime() -> Iterator[str]:
    """The stand-in that all of them call; yields its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.bench.sagemaker_runtime"], cwd=ROOT, stdout=subprocess.PIPE
    )
    with child.ending(process):
        yield f"http://127.0.0.1:{int(child.pipe(process.stdout).readline())}"


class Boto3:
    """boto3 in a process that does nothing else."""

    name = "boto3"

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process_id = process.pid
        self._process = process

    @classmethod
    @contextlib.contextmanager
    def running(cls, url: str, folders: LambdaFolders) -> Iterator[Boto3]:
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("boto3_caller.py"), url],
            env=python_environment(folders.runtime),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with child.ending(process):
            yield cls(process)

    def ask(self, endpoint: str) -> Timing:
        stdin, stdout = child.pipe(self._process.stdin), child.pipe(self._process.stdout)
        request = {"endpoint": endpoint, "body": question.native_body().decode()}
        stdin.write(json.dumps(request).encode() + b"\n")
        stdin.flush()
        first, total, answer = json.loads(stdout.readline())
        events = bytes.fromhex(answer).decode().split("\n\n")
        text = "".join(json.loads(event.removeprefix("data: "))["token"]["text"] for event in events if event)
        if text.strip() != question.ANSWER:
            raise WrongAnswerError(f"boto3: {text!r}")
        return Timing(first, total)


class DeployedFront:
    """The front, between a stand-in of Lambda's Runtime API and one of SageMaker's."""

    name = "front"

    def __init__(self, process_id: int, api: StandInRuntimeApi) -> None:
        self.process_id = process_id
        self._api = api

    @classmethod
    @contextlib.contextmanager
    def running(cls, url: str, folders: LambdaFolders, log_file: Path) -> Iterator[DeployedFront]:
        api = StandInRuntimeApi()
        task = folders.task(FRONT, compiled=True)
        process = folders.start(FRONT, task, api.address, front_environment(url), log_file)
        with contextlib.closing(api), child.ending(process):
            api.wait_until_asked()
            yield cls(process.pid, api)

    def ask(self, endpoint: str) -> Timing:
        return self._api.invoke(gateway_event(question.openai_body(endpoint))).timing(question.ANSWER)
