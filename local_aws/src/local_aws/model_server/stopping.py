"""When a generation ends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum


class FinishReason(StrEnum):
    """TGI's names."""

    LENGTH = "length"
    EOS_TOKEN = "eos_token"  # noqa: S105
    STOP_SEQUENCE = "stop_sequence"


class StoppingCriteria:
    """TGI's rule, token by token: length first, then the end token, then the stop sequences.

    A stop sequence counts only where a token ends with it (or with it and one newline, which `$` allows), and it stays
    in the text.
    """

    def __init__(self, max_new_tokens: int, eos_ids: Sequence[int], stop: Sequence[str]) -> None:
        self._max_new_tokens = max_new_tokens
        self._eos_ids = frozenset(eos_ids)
        self._patterns = [re.compile(re.escape(text) + "$") for text in stop]
        self._tokens = 0
        self._tail = ""

    def check(self, token: int, text: str) -> FinishReason | None:
        """Whether the generation ends after `token`, which added `text`."""
        self._tokens += 1
        if self._tokens >= self._max_new_tokens:
            return FinishReason.LENGTH
        if token in self._eos_ids:
            return FinishReason.EOS_TOKEN
        self._tail += text
        if len(self._tail) > 300:  # TGI keeps 200 to 300 characters; a longer stop sequence never matches
            self._tail = self._tail[-200:]
        if any(pattern.search(self._tail) for pattern in self._patterns):
            return FinishReason.STOP_SEQUENCE
        return None
