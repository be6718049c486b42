"""Chromium on this machine, if there is one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

REQUIRED = os.environ.get("FALCONRY_BROWSER_TESTS") == "required"
"""Whether a machine without it fails the tests; otherwise they are left out, and the run's end says so."""

HOW_TO_GET_IT = (
    "Install Chromium (Debian and Ubuntu: `apt-get install chromium`), or name one: "
    "FALCONRY_CHROMIUM=/path/to/chromium."
)

ARGUMENTS = (
    "--no-sandbox",  # it refuses to run as root otherwise, as CI's containers do
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> Path | None:
    """The program. Raises ValueError where FALCONRY_CHROMIUM names none."""
    named = os.environ.get("FALCONRY_CHROMIUM")
    if named:
        if shutil.which(named) is None:
            raise ValueError(f"FALCONRY_CHROMIUM={named}: there is no such program. {HOW_TO_GET_IT}")
        return Path(str(shutil.which(named)))
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None
