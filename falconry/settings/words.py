"""Small pieces of sentences."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def did_you_mean(value: str, names: Iterable[str]) -> str:
    """ " Did you mean x?" for the most similar name, or nothing where none is near."""
    near = difflib.get_close_matches(value, list(names), n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def listing(names: Iterable[str]) -> str:
    """ "a, b, c"."""
    return ", ".join(names)


def dotted(path: Sequence[str | int]) -> str:
    """ "models[0].name"."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")
