"""What the log keeps of a request: ids, counts and times; never a prompt, an answer or a key."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

from chat.errors import ApiError, ErrorKind


@dataclass(slots=True)
class Record:
    """Facts about one request, filled in while it runs. Times are milliseconds since the request came in."""

    model: str | None = None
    stream: bool | None = None
    choices: int | None = None
    prompt_tokens: int | None = None
    prompt_tokens_estimated: bool | None = None
    completion_tokens: int | None = None
    finish_reason: str | None = None
    messages_dropped: int | None = None
    upstream_attempts: int = 0
    time_to_first_token_ms: int | None = None
    error_code: str | None = None
    error_param: str | None = None
    error_detail: str | None = None
    _started: float = field(default_factory=time.monotonic)
    _lock: Lock = field(default_factory=Lock)

    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    def attempt(self) -> None:
        """Count a call upstream; several may begin at once."""
        with self._lock:
            self.upstream_attempts += 1

    def first_token(self) -> None:
        """Note the time to the first token, once."""
        if self.time_to_first_token_ms is None:
            self.time_to_first_token_ms = self.elapsed_ms()

    def tokens_per_second(self) -> float | None:
        """The rate of the tokens after the first one; None for an answer of fewer than two."""
        if self.time_to_first_token_ms is None or (self.completion_tokens or 0) < 2:
            return None
        milliseconds = self.elapsed_ms() - self.time_to_first_token_ms
        return round(1000 * ((self.completion_tokens or 0) - 1) / max(1, milliseconds), 1)

    def fail(self, error: ApiError) -> None:
        self.error_code = error.kind.code
        # An unknown parameter's name is the client's own text.
        self.error_param = None if error.kind is ErrorKind.UNKNOWN_PARAMETER else error.param
        self.error_detail = error.detail

    def fields(self) -> dict[str, object]:
        """What is known, for one line of the log."""
        names = [name for name in self.__slots__ if not name.startswith("_")]
        known = {name: value for name in names if (value := getattr(self, name)) is not None}
        return {**known, "duration_ms": self.elapsed_ms()}
