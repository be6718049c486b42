"""Progress of a copy on standard error: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from falconry.output import errors

SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress(title: str, total: int, done: int) -> Iterator[Callable[[int], None]]:
    """A function to call with each number of bytes that are copied; `done` of `total` are already."""
    with _bar(title, total, done) if errors().is_terminal else _lines(title, total, done) as advance:
        yield advance


@contextmanager
def _bar(title: str, total: int, done: int) -> Iterator[Callable[[int], None]]:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
    )
    # The speed is of this run alone: what was there before is not counted into it.
    with Progress(*columns, console=errors(), expand=True) as bar:
        task = bar.add_task(title, total=total, completed=done)
        yield lambda count: bar.advance(task, count)


@contextmanager
def _lines(title: str, total: int, done: int) -> Iterator[Callable[[int], None]]:
    lock = threading.Lock()
    started = last = time.monotonic()
    now = done

    def advance(count: int) -> None:
        nonlocal now, last
        with lock:
            now += count
            moment = time.monotonic()
            if moment - last < SECONDS_BETWEEN_LINES:
                return
            last = moment
            speed = (now - done) / (moment - started)
            left = (total - now) / speed if speed else 0
            print(
                f"{title}: {size(now)} of {size(total)}, {size(speed)}/s, {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    yield advance


def size(count: float) -> str:
    """Bytes for a person: 334.4 GiB."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"
