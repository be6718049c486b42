"""The JSON of TGI's responses and the bytes of its events."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.model_server.engine import GeneratedText, Step, Token

KEEP_ALIVE = b":\n\n"


@dataclass(frozen=True, slots=True)
class Generated:
    """A finished generation with all its tokens. `prefill` is empty unless it was asked for."""

    prefill: list[Token]
    steps: list[Step]
    end: GeneratedText

    @property
    def mean_logprob(self) -> float:
        """What `best_of` compares."""
        return sum(step.token.logprob or 0.0 for step in self.steps) / len(self.steps)


def generated(best: Generated, others: Sequence[Generated], *, prompt: str, details: bool) -> dict[str, Any]:
    """The body of a generation that is not streamed. `prompt` is put before the texts ("" for none)."""
    body: dict[str, Any] = {"generated_text": prompt + best.end.text}
    if details:
        body["details"] = _details(best)
        if others:
            body["details"]["best_of_sequences"] = [
                {"generated_text": prompt + other.end.text, **_details(other)} for other in others
            ]
    return body


def _details(one: Generated) -> dict[str, Any]:
    details: dict[str, Any] = {
        "finish_reason": one.end.finish_reason,
        "generated_tokens": one.end.generated_tokens,
        "seed": one.end.seed,
        "prefill": [_prefill_token(token) for token in one.prefill],
        "tokens": [_token(step.token) for step in one.steps],
    }
    top = [[_token(token) for token in step.top_tokens] for step in one.steps if step.top_tokens]
    return {**details, "top_tokens": top} if top else details


def stream_step(index: int, step: Step, *, prompt: str, details: bool, input_length: int | None) -> dict[str, Any]:
    """The JSON of one event. `input_length` is None where the version does not tell it."""
    event: dict[str, Any] = {"index": index, "token": _token(step.token)}
    if step.top_tokens:
        event["top_tokens"] = [_token(token) for token in step.top_tokens]
    event["generated_text"] = None if step.end is None else prompt + step.end.text
    event["details"] = None
    if step.end is not None and details:
        event["details"] = {
            "finish_reason": step.end.finish_reason,
            "generated_tokens": step.end.generated_tokens,
            "seed": step.end.seed,
        }
        if input_length is not None:
            event["details"]["input_length"] = input_length
    return event


def to_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8, as serde_json writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def event_bytes(prefix: str, value: Any) -> bytes:
    """One server-sent event. `prefix` is "data:" or "data: "."""
    return prefix.encode() + to_bytes(value) + b"\n\n"


def _token(token: Token) -> dict[str, Any]:
    return {**_prefill_token(token), "special": token.special}


def _prefill_token(token: Token) -> dict[str, Any]:
    """A log probability that is not finite (a token that a warper excluded) is null, as serde_json writes it."""
    finite = token.logprob is not None and math.isfinite(token.logprob)
    return {"id": token.id, "text": token.text, "logprob": token.logprob if finite else None}
