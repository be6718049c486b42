"""A run that is told to end, by CI's time limit or by hand, still ends its processes: fixtures are torn down.

Where workers run tests side by side (`make test`), tests that share something run in the same worker, and what takes
long comes first.
"""

from __future__ import annotations

import os
import signal
from pathlib import PurePath
from types import FrameType

import pytest

SHARING = {"tests/browser", "tests/faults", "local_aws/tests/contract"}
"""Folders whose tests share what is started once for all of them."""

DEPLOYMENT = "tests/end_to_end/conftest.py"
"""The group of the tests that ask for its fixture `api`."""

LONGEST = (
    "tests/end_to_end/test_delivery.py",
    DEPLOYMENT,
    "tests/end_to_end/test_local.py",
    "tests/browser",
)
"""Groups that begin first: a worker that began one of them last would still run when the others have ended."""


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    groups = {item: _group(item) for item in items}
    for item, name in groups.items():
        item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: LONGEST.index(groups[item]) if groups[item] in LONGEST else len(LONGEST))


def _group(item: pytest.Item) -> str:
    """What the test belongs to: a name that all have which must run in one worker."""
    file = item.nodeid.partition("::")[0]
    folder = str(PurePath(file).parent)
    if folder == str(PurePath(DEPLOYMENT).parent) and "api" in getattr(item, "fixturenames", ()):
        return DEPLOYMENT
    return folder if folder in SHARING else file
