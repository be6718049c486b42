"""Text of tokens, one at a time, without ever cutting a character."""

from __future__ import annotations

from collections.abc import Callable, Sequence

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
Decode = Callable[[Sequence[int], bool], str]
"""(ids, skip special tokens) -> text."""


def added_text(decode: Decode, ids: Sequence[int], prefix: int, read: int, *, skip_special: bool) -> str:
    """What ids[read:] add to the text of ids[prefix:read]; "" inside a character (TGI's decode_token)."""
    before = decode(ids[prefix:read], skip_special)
    whole = decode(ids[prefix:], skip_special)
    if len(whole) > len(before) and not whole.endswith(REPLACEMENT):
        return whole[len(before) :]
    return ""


class IncrementalDecoder:
    """Gives the text of each new token of one sequence; a few tokens before it are decoded again for context."""

    def __init__(self, decode: Decode, prompt_length: int) -> None:
        self._decode = decode
        self._prefix = max(prompt_length - 5, 0)
        self._read = prompt_length

    def next(self, ids: Sequence[int]) -> str:
        """The text that became complete with the last of `ids`; "" inside a character."""
        text = added_text(self._decode, ids, self._prefix, self._read, skip_special=False)
        if text:
            self._prefix, self._read = self._read, len(ids)
        return text
