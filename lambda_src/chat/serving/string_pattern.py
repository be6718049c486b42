"""Regular expressions of strings, as far as they are safe inside a larger one that describes a JSON document."""

from __future__ import annotations

import re

UNQUOTABLE = re.compile(r'["\\\x00-\x1f\x7f-\x9f]')
"""Characters that JSON escapes in a string, or that the translation of schemas leaves out of strings."""

_EVERY_UNQUOTABLE = [character for character in map(chr, range(0xA0)) if UNQUOTABLE.match(character)]
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
"""One piece of a pattern: an escape, a set of characters, or one character."""


def safe_pattern(pattern: str) -> str:
    """`pattern`, which is to match all of a string, without anchors around it and ready to stand in a longer pattern.

    Raises ValueError, with a reason, for one that could match beyond the string's quotation marks or whose meaning
    depends on what stands around it.
    """
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"it is not a regular expression: {error}") from None
    atoms = _ATOM.findall(pattern)
    if atoms[:1] == ["^"]:
        atoms = atoms[1:]
    if atoms[-1:] == ["$"]:
        atoms = atoms[:-1]
    if not atoms:
        raise ValueError("it must not be empty")
    for atom in atoms:
        if atom in ("^", "$") or re.fullmatch(r"\\[^\W_dw]", atom):
            raise ValueError(f"{atom} inside is not supported")
        if (len(atom) > 1 or atom == ".") and any(map(re.compile(atom).fullmatch, _EVERY_UNQUOTABLE)):
            raise ValueError(f"{atom} also matches quotation marks, backslashes or control characters")
        if UNQUOTABLE.fullmatch(atom):
            raise ValueError("JSON would escape a character of it")
    if re.search(r"\(\?(?!:)", "".join(atom for atom in atoms if len(atom) == 1)):
        raise ValueError("of the groups that begin with (? only (?:...) is supported")
    text = "".join(atoms)
    return f"(?:{text})" if "|" in atoms else text
