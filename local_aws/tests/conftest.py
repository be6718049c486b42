"""A run that is told to end still ends its processes: fixtures are torn down."""

from __future__ import annotations

import signal
from types import FrameType

import pytest


def pytest_configure() -> None:
    signal.signal(signal.SIGTERM, _end)
    # A shell starts what it puts into the background without it, and what the tests start would inherit that.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    pytest.exit("ended by SIGTERM", returncode=143)
