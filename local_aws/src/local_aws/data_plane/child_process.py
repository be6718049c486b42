"""Child processes that end with the data plane; each leads a process group, so that what it starts ends with it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local_aws.guardian import Guardian

LineSink = Callable[[str], None]

_MAX_LINE_BYTES = 256 * 1024


class ChildProcess:
    """One child with an explicit environment; every line of its output goes to `on_line`."""

    def __init__(self, process: asyncio.subprocess.Process, guardian: Guardian, on_line: LineSink) -> None:
        self._process = process
        self._guardian = guardian
        self._on_line = on_line
        self._output = asyncio.create_task(self._read_output())
        self.exited = asyncio.create_task(self._wait())

    @classmethod
    async def start(
        cls,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: Path,
        guardian: Guardian,
        on_line: LineSink,
    ) -> "ChildProcess":
        """Raises OSError if the command cannot be started."""
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            cwd=directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=_MAX_LINE_BYTES,
        )
        guardian.watch(process.pid)
        return cls(process, guardian, on_line)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def exit_reason(self) -> str:
        """How it ended, in Lambda's words: `exit status 1` or `signal: killed`."""
        code = self._process.returncode
        if code is None:
            return "still running"
        return f"exit status {code}" if code >= 0 else f"signal: {signal.strsignal(-code) or -code}".lower()

    def kill(self) -> None:
        """Ends the process group at once."""
        self._signal(signal.SIGKILL)

    async def stop(self, grace_seconds: float = 2.0) -> None:
        """SIGTERM to the group, SIGKILL after the grace period; returns when the process has ended."""
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self.exited), grace_seconds)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await asyncio.shield(self.exited)

    def _signal(self, number: int) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    async def _wait(self) -> None:
        await self._process.wait()
        # A grandchild may still be there and hold the output pipe: the whole group ends with its leader.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._guardian.forget(self._process.pid)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._output), 1.0)

    async def _read_output(self) -> None:
        output = self._process.stdout
        while output is not None:
            try:
                line = await output.readline()
            except ValueError:  # a line longer than the limit: its beginning was dropped by the reader
                continue
            if not line:
                return
            self._on_line(line.decode("utf-8", "replace").rstrip("\n"))
