"""One streamed answer on the terminal, and its cost in time and tokens."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import Any

from falconry.api import DeployedApi, text_of
from falconry.conversation import Conversation


@dataclass
class AnswerStats:
    """An answer: its text, its tokens and its times.

    Attributes:
        first_seconds: until the first text; None if there was none.
        stopped: whether Ctrl-C ended it.
    """

    text: str = ""
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    first_seconds: float | None = None
    seconds: float = 0.0
    request_id: str = ""
    messages_dropped: int = 0
    stopped: bool = False

    @property
    def tokens_per_second(self) -> float | None:
        """How fast tokens followed the first; None for fewer than two."""
        tokens = self.completion_tokens or 0
        if self.first_seconds is None or tokens < 2 or self.seconds <= self.first_seconds:
            return None
        return (tokens - 1) / (self.seconds - self.first_seconds)

    def summary(self) -> str:
        """One line for a person."""
        parts = [f"{self.prompt_tokens} + {self.completion_tokens} tokens"] if self.completion_tokens else []
        parts += [f"first after {self.first_seconds:.2f} s"] if self.first_seconds is not None else []
        speed = self.tokens_per_second
        parts += [f"{speed:.1f} tokens/s"] if speed else []
        parts += ["stopped by Ctrl-C"] if self.stopped else [self.finish_reason or "no finish reason"]
        parts += [f"{self.messages_dropped} oldest messages dropped"] if self.messages_dropped else []
        parts += [self.request_id] if self.request_id else []
        return " · ".join(parts)

    def fields(self) -> dict[str, Any]:
        """For a script."""
        return {**asdict(self), "tokens_per_second": self.tokens_per_second}


def stream_to_terminal(
    api: DeployedApi, conversation: Conversation, *, raw: bool = False, quiet: bool = False
) -> AnswerStats:
    """Asks, and prints the answer as it arrives: its text or, with `raw`, its events. Ctrl-C ends only the answer.

    Raises:
        RequestFailedError: the API refused the request or failed mid-stream.
    """
    stats = AnswerStats()
    try:
        with api.stream("/chat/completions", conversation.request()) as stream:
            stats.request_id = stream.answer.request_id
            stats.messages_dropped = int(stream.answer.headers.get("x-falconry-messages-dropped") or 0)
            try:
                for chunk in stream.chunks():
                    _take(chunk, stats)
                    _show(chunk, raw=raw, quiet=quiet)
            finally:
                stats.first_seconds, stats.seconds = stream.first, stream.seconds
    except KeyboardInterrupt:
        stats.stopped = True
    finally:
        if stats.text and not quiet and not raw and not stats.text.endswith("\n"):
            print(flush=True)
    return stats


def _take(chunk: Any, stats: AnswerStats) -> None:
    stats.text += text_of(chunk)
    for choice in chunk.get("choices", []):
        stats.finish_reason = choice.get("finish_reason") or stats.finish_reason
    if usage := chunk.get("usage"):
        stats.prompt_tokens, stats.completion_tokens = usage["prompt_tokens"], usage["completion_tokens"]


def _show(chunk: Any, *, raw: bool, quiet: bool) -> None:
    if quiet:
        return
    if raw:
        import json

        print(json.dumps(chunk, ensure_ascii=False), flush=True)
    else:
        sys.stdout.write(text_of(chunk))
        sys.stdout.flush()
