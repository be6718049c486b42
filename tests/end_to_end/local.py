"""`python -m local_aws` as a process of the tests: started, waited for, stopped, and looked at for what it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from local_aws.guardian import Guardian

ROOT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("FALCONRY_PYTHON", sys.executable)
"""What runs the emulated AWS, where the tests run in an environment that has only clients."""


class Local:
    """One running `python -m local_aws`."""

    def __init__(self, state_dir: Path, *arguments: str) -> None:
        self.state_dir = state_dir
        self.output_file = state_dir.with_suffix(".out")
        # Ends it where the tests are killed.
        self._guardian = Guardian()
        self._guardian.start()
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [PYTHON, "-m", "local_aws", "--port", "0", "--state-dir", state_dir, *arguments],
                cwd=ROOT,
                # What the shell of whoever tries it says about AWS is not for the emulated one.
                env={**os.environ, "AWS_PROFILE": "of-nobody", "AWS_REGION": "eu-north-1"},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._guardian.watch(self.process.pid)

    @property
    def output(self) -> str:
        return self.output_file.read_text(encoding="utf-8")

    def wait_until_ready(self, timeout: float = 150.0) -> dict[str, Any]:
        """The content of api.json, as soon as it is there."""
        deadline = time.monotonic() + timeout
        while not (self.state_dir / "api.json").exists():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)
        api: dict[str, Any] = json.loads((self.state_dir / "api.json").read_text(encoding="utf-8"))
        return api

    def family(self) -> list[psutil.Process]:
        """This process and all that it started, directly or not, with the guardians' groups."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def memory(self) -> int:
        """Bytes of memory that belong to these processes alone, or their share of it (proportional set size)."""
        return sum(process.memory_full_info().pss for process in self.family())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal, wait, and return the exit code."""
        os.kill(self.process.pid, number)
        return self.process.wait(30)

    def forget(self) -> None:
        """Call when it has ended: nothing is left to be ended with the tests."""
        self._guardian.forget(self.process.pid)
        self._guardian.stop()


def run(*arguments: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """`python -m local_aws` that is expected to end by itself."""
    return subprocess.run(
        [PYTHON, "-m", "local_aws", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def running(state_dir: Path, *arguments: str) -> Iterator[Local]:
    """A `Local` that is stopped in the end, whatever happens."""
    local = Local(state_dir, *arguments)
    try:
        yield local
    finally:
        if local.process.poll() is None:
            family = local.family()
            local.process.terminate()
            try:
                local.process.wait(30)
            finally:
                for process in family:
                    if process.is_running():
                        process.kill()
        local.forget()
