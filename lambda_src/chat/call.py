"""What goes with a request all the way down: who it is, when it came, until when it may take, what the log keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chat.deadline import Deadline
from chat.record import Record


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API while it is answered. `created` is seconds since the epoch."""

    id: str
    created: int
    deadline: Deadline
    record: Record

    def whole_answer(self) -> Call:
        """The same call with the deadline of an answer that is sent in one piece."""
        return replace(self, deadline=self.deadline.whole_answer())
