"""A server of the emulated AWS as a child process of the launcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local_aws.extensions import ROOT
from local_aws.guardian import Guardian


class Server:
    """Runs `python -m MODULE ARGUMENTS` in a process group of its own; what it prints goes to `log_file`.

    Args:
        name: what to call it in messages, for example "control plane".
        environment: variables added to this process's own.
        guardian: ends the server if this process is killed.
    """

    def __init__(
        self,
        name: str,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        log_file: Path,
        guardian: Guardian,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._guardian = guardian
        with log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env={**os.environ, **environment},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        guardian.watch(self._process.pid)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])

    def stop(self, grace_seconds: float = 8.0) -> None:
        """SIGTERM, then SIGKILL for what is left of the group after the grace period."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._guardian.forget(self._process.pid)
