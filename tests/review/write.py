"""`python -m tests.review.write` renews the comments beside this file. Read what `git diff` says of them."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from falconry.assembly.cloud_assembly import read_all
from falconry.review.markdown import markdown
from falconry.review.report import review

from .assemblies import Assemblies
from .pull_requests import PULL_REQUESTS

FOLDER = Path(__file__).resolve().parent


def golden(name: str) -> Path:
    """The file with a pull request's comment."""
    return FOLDER / f"{name}.md"


def comment(base: Path, head: Path) -> str:
    """What the review says of two folders."""
    (before, _), (after, failures) = read_all(base), read_all(head)
    return markdown(review(before, after, failures))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        assemblies = Assemblies(Path(folder))
        for name in PULL_REQUESTS:
            golden(name).write_text(comment(*assemblies.pair(name)), encoding="utf-8")
    for path in FOLDER.glob("*.md"):
        if path.stem not in PULL_REQUESTS:
            path.unlink()
            print(f"removed {path.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
