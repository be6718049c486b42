"""Line by line differences of the templates of a deployment."""

from __future__ import annotations

import difflib
import json
from pathlib import Path


def template_diff(base: Path | None, head: Path | None) -> str:
    """A unified diff of the templates of two cloud assemblies; None for one that does not exist. Empty if none differs.

    The templates are compared as their JSON with sorted keys: an order is no change.
    """
    names = sorted({path.name for folder in (base, head) if folder for path in folder.glob("*.template.json")})
    parts: list[str] = []
    for name in names:
        before, after = _lines(base, name), _lines(head, name)
        parts += difflib.unified_diff(before, after, f"base/{name}", f"head/{name}", lineterm="")
    return "\n".join(parts)


def _lines(folder: Path | None, name: str) -> list[str]:
    path = folder / name if folder else None
    if path is None or not path.exists():
        return []
    template = json.loads(path.read_text(encoding="utf-8"))
    return json.dumps(template, indent=1, sort_keys=True).splitlines()
