"""The playground in a real Chromium, against a deployment in the emulated AWS.

Where a machine has no Chromium these tests are deselected, and the run's last lines say so and how to get it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.end_to_end.local import running

from .chromium import ARGUMENTS, HOW_TO_GET_IT, REQUIRED, chromium
from .playground import Playground

FOLDER = Path(__file__).resolve().parent
AXE = FOLDER.parents[1] / "node_modules" / "axe-core" / "axe.min.js"

CONFIG = """\
region: us-east-1
retain_data: false
models:
  - {name: falcon-180b-chat, accept_license: true}
  - {name: falcon-7b}
api:
  clients:
    - {name: tests, rate_per_second: 1000, burst: 1000}
"""

_left_out = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if FOLDER in item.path.parents]
    if not ours:
        return
    try:
        if chromium():
            return
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    if REQUIRED:
        raise pytest.UsageError(f"FALCONRY_BROWSER_TESTS=required, and there is no Chromium. {HOW_TO_GET_IT}")
    config.stash[_left_out] = len(ours)
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in ours]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    count = config.stash.get(_left_out, 0)
    if count:
        terminalreporter.section("not run")
        terminalreporter.line(f"{count} tests of the playground: there is no Chromium here. {HOW_TO_GET_IT}")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment with a playground. `root` ends in a slash."""

    root: str
    playground: str
    key: str


# Both end with this folder's tests: Playwright keeps an event loop in this thread, in which others cannot start theirs.
@pytest.fixture(scope="package")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("browser")
    config = folder / "browser.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    with running(folder / "state", "--config", str(config)) as local:
        api = local.wait_until_ready()
        yield Deployed(api["base_url"].removesuffix("v1"), api["playground"], api["api_key"])


PATIENCE = 30_000
"""Milliseconds. An answer that was stopped is generated to its end all the same, and the next one waits for it."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        # With a new profile each time, which Playwright makes and removes.
        launched = playwright.chromium.launch(executable_path=chromium(), headless=True, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A user without history; a test's `look` marker chooses size and colours."""
    marker = request.node.get_closest_marker("look")
    made = browser.new_context(**(marker.kwargs if marker else {}), accept_downloads=True)
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    made.add_init_script(path=AXE)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, deployed: Deployed) -> Iterator[Page]:
    """A tab. In the end of every test: nothing left the origin, nothing was against the policy, nothing was thrown."""
    opened = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    outside = [url for url in asked if not url.startswith((deployed.root, "data:", f"blob:{deployed.root}"))]
    assert outside == []
    # Chromium notes each answer with an error status; the tests ask for some.
    assert [text for text in said if not text.startswith("Failed to load resource: ")] == []


@pytest.fixture
def playground(page: Page, deployed: Deployed) -> Playground:
    """The page, just loaded."""
    opened = Playground(page, deployed.playground)
    opened.load()
    return opened


@pytest.fixture
def connected(playground: Playground, deployed: Deployed) -> Playground:
    """The page of a user who has typed the key."""
    playground.connect(deployed.key)
    return playground


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "look(**context): size and colours of the browser's window")
