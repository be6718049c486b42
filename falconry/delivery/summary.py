"""Reports of a step: on its output, and on the page of the workflow's run."""

from __future__ import annotations

import os
from pathlib import Path


def report(markdown: str) -> None:
    """Print a text, and add it to the run's page where there is one (GITHUB_STEP_SUMMARY)."""
    print(markdown, flush=True)
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as file:
            file.write(f"{markdown}\n\n")


def output(name: str, value: str) -> None:
    """Hand `value` to the workflow's next steps as `steps.<id>.outputs.<name>`."""
    print(f"{name}={value}", flush=True)
    if file_name := os.environ.get("GITHUB_OUTPUT"):
        with Path(file_name).open("a", encoding="utf-8") as file:
            file.write(f"{name}={value}\n")
