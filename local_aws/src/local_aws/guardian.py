"""Children that end with their parent, also when the parent is killed.

A guardian process holds the reading end of a pipe and the list of the children's process groups; when the parent dies,
however it dies, the pipe closes and the guardian ends the groups that are left. This works alike on Linux and macOS,
which a parent-death signal does not.
"""

from __future__ import annotations

import logging
import subprocess
import sys

logger = logging.getLogger(__name__)

# Runs alone (python -I -S -c): reads "+<group>" and "-<group>" until the pipe closes, then ends what is left.
_GUARDIAN = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for number in (signal.SIGTERM, signal.SIGKILL):
    for group in list(groups):
        try:
            os.killpg(group, number)
        except (ProcessLookupError, PermissionError):
            groups.discard(group)
    if not groups:
        break
    time.sleep(1.0)
"""


class Guardian:
    """Ends the registered process groups when this process is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARDIAN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def stop(self) -> None:
        """Call after every child has ended: the guardian finds nothing left and ends too."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(timeout=5)

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            logger.error("the guardian process has ended; children would outlive this process if it were killed")
