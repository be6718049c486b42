"""From the texts of tokens to what a client may see of them."""

from __future__ import annotations

from collections.abc import Sequence

from chat.stops import StopScanner

_UNFINISHED = "\ufffd"
"""What a decoder writes for a character whose bytes have not all come; at the end of an answer it stands for half a
character."""


class AnswerText:
    """An answer without the leading space that the prompt's "Falcon:" asks for, without stop texts, and without half
    characters.

    White space and half characters at the end are held back until more text follows. They are dropped when the model
    ended the answer itself; what is left of a stop then never shows. `continues` is True for an answer that goes on
    with the assistant's own last message: there a leading space belongs to the text.
    """

    def __init__(self, stops: Sequence[str], *, continues: bool = False) -> None:
        self._scanner = StopScanner(stops)
        self._at_start = not continues
        self._trailing = ""

    @property
    def stopped(self) -> bool:
        """Whether a stop was found: the answer is complete."""
        return self._scanner.stopped

    def feed(self, text: str) -> str:
        """What a client may see now that the model has written `text`."""
        return self._hold_trailing(self._scanner.feed(self._without_leading_space(text)))

    def finish(self, *, cut: bool) -> str:
        """The rest. `cut` says that a limit ended the generation, not the model: then white space at the end is
        kept."""
        shown = self._hold_trailing(self._scanner.finish())
        return shown + self._trailing.rstrip(_UNFINISHED) if cut and not self.stopped else shown

    def _without_leading_space(self, text: str) -> str:
        if self._at_start and text:
            self._at_start = False
            return text.removeprefix(" ")
        return text

    def _hold_trailing(self, text: str) -> str:
        whole = self._trailing + text
        end = len(whole)
        while end and (whole[end - 1].isspace() or whole[end - 1] == _UNFINISHED):
            end -= 1
        self._trailing = whole[end:]
        return whole[:end]
