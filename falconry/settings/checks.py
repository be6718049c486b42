"""Checks of values beyond their types. Each raises a mistake: a whole sentence about one field."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pydantic_core import PydanticCustomError

from falconry.did_you_mean import did_you_mean
from falconry.settings.phrasing import listing

MISTAKE = "mistake"
"""The type of pydantic's errors that are made here."""


def mistake(sentence: str, *, field: str = "") -> PydanticCustomError:
    """A mistake in `field` of the section that is being checked, or in the checked value itself."""
    # Braces in the sentence are the user's, not pydantic's.
    return PydanticCustomError(MISTAKE, "{sentence}", {"sentence": sentence, "field": field})


def one_of(value: object, allowed: Collection[str], what: str) -> str:
    """`value` if it is among `allowed`."""
    if isinstance(value, str) and value in allowed:
        return value
    names = sorted(allowed)
    raise mistake(f"{value!r} is not {what}.{did_you_mean(str(value), names)} Allowed: {listing(names)}.")


def reject_duplicates(names: Sequence[str], what: str) -> None:
    """Raise a mistake for a name that the list holds twice."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise mistake(f"Duplicate {what} {name}: remove one.")
