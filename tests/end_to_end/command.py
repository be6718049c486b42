"""The `falconry` command as a process, as its users run it."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .local import ROOT

COMMAND = [sys.executable, "-m", "falconry"]


def environment(local_file: Path, **variables: str) -> dict[str, str]:
    """Of a command that knows the emulated AWS by `local_file`; no key of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FALCONRY_", "AWS_", "COLUMNS"))}
    return {**kept, "FALCONRY_LOCAL_FILE": str(local_file), "PYTHONPATH": str(ROOT), **variables}


def falconry(
    local_file: Path, *arguments: str, given: str = "", columns: int = 80, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run to the end, with `given` on standard input."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        env=environment(local_file, COLUMNS=str(columns)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def as_json(local_file: Path, *arguments: str, given: str = "") -> Any:
    """What a command that succeeds prints with --json."""
    result = falconry(local_file, *arguments, "--json", given=given)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def describe(folder: Path, **content: Any) -> Path:
    """A file such as `make local` writes, with what every command asks of it."""
    path = folder / "api.json"
    whole = {"headers": {}, "api_key": None, "credentials": None, "announced_answers": True, **content}
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


class Terminal:
    """A command in a pseudo-terminal."""

    def __init__(self, variables: Mapping[str, str], *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**variables, "TERM": "xterm"},
            cwd=ROOT,
            # A session of its own, whose terminal this is: then Ctrl-C reaches it as it does a person's.
            preexec_fn=_take_terminal,
        )
        os.close(slave)
        self.screen = ""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def wait_for(self, text: str, seconds: float = 20) -> str:
        """What was shown up to `text`; it is gone from `screen` then."""
        deadline = time.monotonic() + seconds
        while text not in self.screen:
            assert time.monotonic() < deadline, f"{text!r} did not come: {self.screen!r}"
            if not select.select([self._master], [], [], 0.1)[0]:
                continue
            try:
                self.screen += os.read(self._master, 65536).decode("utf-8", "replace")
            except OSError:
                assert text in self.screen, f"it ended without {text!r}: {self.screen!r}"
        shown, _, self.screen = self.screen.partition(text)
        return shown + text

    def end(self) -> int:
        """The exit code."""
        try:
            return self.process.wait(15)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            os.close(self._master)


def _take_terminal() -> None:
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
