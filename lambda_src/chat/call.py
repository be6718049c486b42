"""What accompanies a request through every package: its id, its deadline, and its record for the log."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chat.deadline import Deadline
from chat.record import Record


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API while it is answered. `created` is seconds since the epoch."""

    id: str
    created: int
    deadline: Deadline
    record: Record

    def whole_answer(self) -> Call:
        """The same call with the deadline of an answer that is sent in one piece."""
        return replace(self, deadline=self.deadline.whole_answer())
