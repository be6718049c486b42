"""The steps that `make local` prints, with their durations."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(title: str) -> Iterator[None]:
    """Prints the title now and the seconds when the block ends without an exception."""
    started = time.monotonic()
    if sys.stdout.isatty():
        print(f"  … {title}", end="\r", flush=True)
    yield
    print(f"  ✓ {title:<44}{time.monotonic() - started:6.1f} s", flush=True)
