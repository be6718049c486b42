"""The nearest known name to a mistyped one. Every part of falconry may import it; it imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable

SIMILARITY = 0.6
"""The least ratio (difflib) at which two names are alike: one or two wrong letters."""


def did_you_mean(value: str, names: Iterable[str], similarity: float = SIMILARITY) -> str:
    """ " Did you mean x?" for the most similar name, or "" where none is near."""
    import difflib  # for a mistake only

    near = difflib.get_close_matches(value, list(names), n=1, cutoff=similarity)
    return f" Did you mean {near[0]}?" if near else ""
