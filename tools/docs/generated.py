"""Files that are generated from code: written or, with `--check`, compared."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path


def write_or_check(files: Mapping[Path, str]) -> int:
    """Writes the texts into their files; with `--check` on the command line only compares. Returns 1 if one differs."""
    stale = []
    for file, text in files.items():
        if "--check" not in sys.argv[1:]:
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            stale.append(file.name)
    if stale:
        print(f"{', '.join(stale)}: not up to date. Run: make reference", file=sys.stderr)
    return 1 if stale else 0
