"""Small parts of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def listing(names: Iterable[str]) -> str:
    """ "a, b, c"."""
    return ", ".join(names)


def dotted(path: Sequence[str | int]) -> str:
    """ "models[0].name"."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")
