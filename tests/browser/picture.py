"""`python -m tests.browser.picture` takes the README's picture of the playground anew: docs/pictures/playground.png.

It deploys into the emulated AWS, opens the page in Chromium and asks the tiny model for the recipe of the announcement.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.end_to_end.local import ROOT, running

from .chromium import ARGUMENTS, HOW_TO_GET_IT, chromium
from .playground import Playground

PICTURE = ROOT / "docs" / "pictures" / "playground.png"
LIMIT = 150_000
"""Bytes that the README's reader loads."""

CONFIG = """\
region: us-east-1
retain_data: false
models:
  - {name: falcon-180b-chat, accept_license: true}
  - {name: falcon-180b, accept_license: true}
"""


def main() -> int:
    program = chromium()
    if program is None:
        print(f"There is no Chromium here. {HOW_TO_GET_IT}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "production.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        with running(Path(name) / "state", "--config", str(config)) as local, sync_playwright() as playwright:
            api = local.wait_until_ready()
            browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme="light")
            playground = Playground(page, api["playground"])
            playground.load()
            playground.connect(api["api_key"])
            playground.sample("A recipe")
            expect(playground.figures).to_be_visible(timeout=60_000)
            page.mouse.move(640, 600)
            PICTURE.parent.mkdir(exist_ok=True)
            page.screenshot(path=PICTURE)
            browser.close()
    size = PICTURE.stat().st_size
    print(f"{PICTURE.relative_to(ROOT)}: {size:,} bytes")
    if size > LIMIT:
        print(f"That is more than {LIMIT:,}: choose a smaller window.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
