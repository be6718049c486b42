"""A run that is told to end, by CI's time limit or by hand, still ends its processes: fixtures are torn down.

Where workers run tests side by side (`make test`), the tests of a file run in the same worker, and so do files that
share something. What takes long comes first.
"""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path, PurePath
from types import FrameType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]

SHARING = {"tests/browser", "tests/faults", "local_aws/tests/contract"}
"""Folders whose tests share what is started once for all of them."""

DEPLOYMENT = "tests/end_to_end/conftest.py"
"""The group of the files with tests that ask for its fixture `api`."""

LONGEST = (
    "tests/end_to_end/test_delivery.py",
    DEPLOYMENT,
    "tests/end_to_end/test_local.py",
    "tests/browser",
    "tests/end_to_end/test_matrix.py",
)
"""Groups that begin first: a worker that began one of them last would still run when the others have ended."""


# With it, each process that a test starts would compile its modules anew: half of a synth.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_configure(config: pytest.Config) -> None:
    def end(_number: int, _frame: FrameType | None) -> None:
        if config.pluginmanager.hasplugin("dsession"):
            import psutil  # which is there where pytest-xdist is

            # The workers tear down what they have running. pytest-xdist interrupts them after 5 seconds, and kills them
            # after 10.
            config.pluginmanager.getplugin("dsession").nodemanager.EXIT_TIMEOUT = 60
            for worker in psutil.Process().children():
                worker.terminate()
        elif "PYTEST_XDIST_WORKER" in os.environ:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        pytest.exit("ended by SIGTERM", returncode=143)

    signal.signal(signal.SIGTERM, end)
    # A shell starts what it puts into the background without it, and what the tests start would inherit that.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    # Groups of our own instead of `--dist loadgroup`, of which nothing is left with pytest 9.2. Imported here, since
    # other environments of this project have no pytest-xdist.
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _group
    return scheduler


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        order = {name: place for place, name in enumerate(LONGEST)}
        items.sort(key=lambda item: order.get(_group(item.nodeid), len(order)))


@cache
def _group(nodeid: str) -> str:
    """What a test belongs to: a name that all tests have which must run in the same worker."""
    file = nodeid.partition("::")[0]
    folder = str(PurePath(file).parent)
    if folder in SHARING:
        return folder
    return DEPLOYMENT if folder == "tests/end_to_end" and _asks_for_the_deployment(file) else file


@cache
def _asks_for_the_deployment(file: str) -> bool:
    return "api: Api" in (ROOT / file).read_text(encoding="utf-8")
