"""Turns the texts of tokens into what a client may see of them."""

from __future__ import annotations

from collections.abc import Sequence

from chat.generation.stops import StopScanner

_UNFINISHED = "\ufffd"
"""What a decoder writes for a character whose bytes have not all come; at the end of an answer it stands for half a
character."""


class AnswerText:
    """An answer without stop texts and without half characters.

    White space and half characters at the end are held back until more text follows. They are dropped when the model
    ended the answer itself; what is left of a stop then never shows.

    With `leading_space` False the space that a prompt's "Falcon:" asks for is taken away. With `verbatim` True white
    space is text like any other, at the end too: a text that is continued is not a turn of a dialogue.
    """

    def __init__(self, stops: Sequence[str], *, leading_space: bool = False, verbatim: bool = False) -> None:
        self._scanner = StopScanner(stops)
        self._at_start = not (leading_space or verbatim)
        self._holds_space = not verbatim
        self._trailing = ""
        self.position = 0

    @property
    def stopped(self) -> bool:
        """Whether a stop was found: the answer is complete."""
        return self._scanner.stopped

    def feed(self, text: str) -> str:
        """What a client may see now that the model has written `text`. `position` then says how many characters of
        all that was written are shown or were skipped at the start."""
        return self._show(self._scanner.feed(self._without_leading_space(text)))

    def finish(self, *, cut: bool) -> str:
        """The rest. `cut` says that a limit ended the generation, not the model: then white space at the end is
        kept."""
        shown = self._show(self._scanner.finish())
        if not cut or self.stopped:
            return shown
        rest = self._trailing.rstrip(_UNFINISHED)
        self.position += len(rest)
        return shown + rest

    def _without_leading_space(self, text: str) -> str:
        if self._at_start and text:
            self._at_start = False
            if text[0] == " ":
                self.position = 1
                return text[1:]
        return text

    def _show(self, text: str) -> str:
        whole = self._trailing + text
        end = len(whole)
        while end and (whole[end - 1] == _UNFINISHED or (self._holds_space and whole[end - 1].isspace())):
            end -= 1
        self._trailing = whole[end:]
        self.position += end
        return whole[:end]
