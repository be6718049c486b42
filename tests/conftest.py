"""A run that is told to end, by CI's time limit or by hand, still ends its processes: fixtures are torn down."""

from __future__ import annotations

import signal
from types import FrameType

import pytest


def pytest_configure() -> None:
    signal.signal(signal.SIGTERM, _end)


def _end(_number: int, _frame: FrameType | None) -> None:
    pytest.exit("ended by SIGTERM", returncode=143)
