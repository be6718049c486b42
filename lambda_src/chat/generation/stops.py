"""Stop texts: they are searched here, since a server may leave them in its text and miss those that
end inside a token."""

from __future__ import annotations

from collections.abc import Sequence


class StopScanner:
    """Releases text as soon as it cannot be part of a stop, and ends just before the stop that begins first.

    The outcome does not depend on how the text is cut into tokens. Once `stopped` is True nothing more is released.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._longest = max(map(len, self._stops), default=0)
        self._held = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """The text that `text` makes certain."""
        if self.stopped:
            return ""
        self._held += text
        candidate = self._possible_start()
        found = self._first_stop()
        if found is not None and found <= candidate:
            return self._end_at(found)
        released, self._held = self._held[:candidate], self._held[candidate:]
        return released

    def finish(self) -> str:
        """What was held back, now that no more text follows."""
        found = None if self.stopped else self._first_stop()
        if found is not None:
            return self._end_at(found)
        released, self._held = self._held, ""
        return released

    def _end_at(self, position: int) -> str:
        released, self._held = self._held[:position], ""
        self.stopped = True
        return released

    def _first_stop(self) -> int | None:
        positions = [position for stop in self._stops if (position := self._held.find(stop)) >= 0]
        return min(positions, default=None)

    def _possible_start(self) -> int:
        """The first position from which the held text is an unfinished stop; its length if there is none."""
        length = len(self._held)
        for position in range(max(0, length - self._longest + 1), length):
            tail = self._held[position:]
            if any(len(stop) > len(tail) and stop.startswith(tail) for stop in self._stops):
                return position
        return length
