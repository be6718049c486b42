"""The events with which text-generation-inference 2.4.0 streams an answer, for answers that are known beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence


def token_events(tokens: Sequence[str], *, input_length: int, details: bool) -> list[bytes]:
    """One server-sent event for each token. The last one ends the generation, which ran into its limit of tokens.

    Framing as axum 0.7 writes it ("data: "), which TGI has from 2.1.1 on. TGI tells `details` only if it was asked to.
    """
    last = len(tokens) - 1
    return [
        _event(index, text, _end(tokens, input_length, details) if index == last else _GOES_ON)
        for index, text in enumerate(tokens)
    ]


def whole_answer(tokens: Sequence[str], *, details: bool) -> bytes:
    """The body of an answer that is not streamed: on `/invocations` an array of one object."""
    answer: dict[str, object] = {"generated_text": "".join(tokens)}
    if details:
        answer["details"] = {"finish_reason": "length", "generated_tokens": len(tokens), "seed": None, "prefill": []}
    return _json([answer])


_GOES_ON: dict[str, object] = {"generated_text": None, "details": None}


def _end(tokens: Sequence[str], input_length: int, details: bool) -> dict[str, object]:
    told = {
        "finish_reason": "length",
        "generated_tokens": len(tokens),
        "seed": None,
        "input_length": input_length,
    }
    return {"generated_text": "".join(tokens), "details": told if details else None}


def _event(index: int, text: str, end: dict[str, object]) -> bytes:
    token = {"id": 1000 + index, "text": text, "logprob": -0.5, "special": False}
    return b"data: " + _json({"index": index + 1, "token": token, **end}) + b"\n\n"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
