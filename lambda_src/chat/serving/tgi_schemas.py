"""JSON schemas of what TGI's own route answers, for the API's description (router/src/lib.rs)."""

from __future__ import annotations

from collections.abc import Mapping

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_NULL = {"type": "null"}

_TOKEN = {
    "type": "object",
    "properties": {
        "id": _COUNT,
        "text": _TEXT,
        "logprob": {"anyOf": [{"type": "number"}, _NULL]},
        "special": {"type": "boolean"},
    },
    "required": ["id", "text", "logprob"],
}
_TOKENS = {"type": "array", "items": _TOKEN}

SCHEMAS: Mapping[str, object] = {
    "GenerateAnswer": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"generated_text": _TEXT, "details": {"$ref": "#/components/schemas/GenerateDetails"}},
            "required": ["generated_text"],
        },
    },
    "GenerateDetails": {
        "type": "object",
        "properties": {
            "finish_reason": {"enum": ["length", "eos_token", "stop_sequence"]},
            "generated_tokens": _COUNT,
            "seed": {"anyOf": [_COUNT, _NULL]},
            "prefill": _TOKENS,
            "tokens": _TOKENS,
            "top_tokens": {"type": "array", "items": _TOKENS},
            "best_of_sequences": {"type": "array", "items": {"type": "object"}},
        },
        "required": ["finish_reason", "generated_tokens", "seed", "prefill", "tokens"],
    },
    "GenerateEvent": {
        "type": "object",
        "properties": {
            "index": _COUNT,
            "token": _TOKEN,
            "top_tokens": _TOKENS,
            "generated_text": {"anyOf": [_TEXT, _NULL]},
            "details": {"anyOf": [{"type": "object"}, _NULL]},
        },
        "required": ["token", "generated_text", "details"],
    },
}
