"""A process started by the bench: ended by id, with its children, and measured."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from typing import IO

import psutil


@contextlib.contextmanager
def ending(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """End the process and its children when the block is left."""
    try:
        yield process
    finally:
        family = _family(process.pid)
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.terminate()
        for member in psutil.wait_procs(family, timeout=10)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """A standard stream that the process was started with a pipe for. Raises ValueError if it was not."""
    if stream is None:
        raise ValueError("the process was started without this pipe")
    return stream


def memory(process_id: int) -> dict[str, float]:
    """MB (10^6 bytes) of the process and its children: resident, and proportional (shared pages divided among those
    that share them)."""
    infos = [member.memory_full_info() for member in _family(process_id)]
    return {"rss_mb": sum(info.rss for info in infos) / 1e6, "pss_mb": sum(info.pss for info in infos) / 1e6}


def _family(process_id: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(process_id)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []
