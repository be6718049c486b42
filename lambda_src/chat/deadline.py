"""The deadlines of an answer. The front ends it itself, before anything around it would cut it off."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from chat.errors import ApiError, ErrorKind

SAGEMAKER_STREAM_SECONDS = 480.0
"""SageMaker ends a streamed invocation after 8 minutes (SageMaker developer guide, real-time inference)."""

API_GATEWAY_IDLE_SECONDS = 300.0
"""A Regional REST API gives up on a streamed response that has been silent for 5 minutes (its developer guide)."""

MARGIN_SECONDS = 20.0
"""A container sends a keep-alive every 15 seconds, and the clock is read only when something arrives; 5 more to
finish."""

STATUS_SECONDS = 25.0
"""How long a stream's status line waits for the first token. Proxies on the way commonly give up after 60 seconds of
silence: with a keep-alive of every 15 seconds the line is sent after 30, and a comment with each one from then
on."""

_Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """Times on `clock`: for the end of the answer, its first byte to the client, and a stream's status line."""

    ends_at: float
    first_byte_by: float
    status_by: float
    clock: _Clock = time.monotonic

    @classmethod
    def start(
        cls, remaining_seconds: float, client_timeout: float | None = None, clock: _Clock = time.monotonic
    ) -> Deadline:
        """The deadlines of a request that comes in now and whose host ends it in `remaining_seconds`.

        `client_timeout` is how many seconds the client waits for a byte, if it says so.
        """
        now = clock()
        patience = client_timeout or API_GATEWAY_IDLE_SECONDS
        silence = min(remaining_seconds, API_GATEWAY_IDLE_SECONDS, patience)
        return cls(
            ends_at=now + _less_margin(min(remaining_seconds, SAGEMAKER_STREAM_SECONDS)),
            first_byte_by=now + _less_margin(silence),
            status_by=now + min(STATUS_SECONDS, patience / 2),
            clock=clock,
        )

    def whole_answer(self) -> Deadline:
        """The deadline of an answer that is sent in one piece: all of it is the first byte."""
        return Deadline(min(self.ends_at, self.first_byte_by), self.first_byte_by, self.status_by, self.clock)

    def passed(self) -> bool:
        return self.clock() >= self.ends_at

    def first_byte_passed(self) -> bool:
        return self.clock() >= min(self.ends_at, self.first_byte_by)

    def status_due(self) -> bool:
        """Whether a stream's status line should wait for the first token no longer."""
        return self.clock() >= self.status_by


def no_token_in_time() -> ApiError:
    """The error for a model that has not begun to answer when the answer must begin."""
    return ApiError(
        ErrorKind.DEADLINE_EXCEEDED,
        "The model did not begin to answer in time; too many requests may be waiting for it. Try again later.",
        detail="no token before the deadline",
    )


def _less_margin(seconds: float) -> float:
    return seconds - min(MARGIN_SECONDS, seconds / 5)
