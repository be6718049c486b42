"""Schemas of what the API answers on OpenAI's routes, for its OpenAPI document."""

from __future__ import annotations

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": "number"}
_NULL = {"type": "null"}
_FINISH = {"anyOf": [{"enum": ["stop", "length"]}, _NULL]}


def _object(properties: dict[str, object], optional: tuple[str, ...] = ()) -> dict[str, object]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _list(items: object) -> dict[str, object]:
    return {"type": "array", "items": items}


def _nullable(schema: object) -> dict[str, object]:
    return {"anyOf": [schema, _NULL]}


def _reference(name: str) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{name}"}


def _answer(kind: str, choice: dict[str, object], usage: dict[str, object]) -> dict[str, object]:
    properties: dict[str, object] = {
        "id": _TEXT,
        "object": {"const": kind},
        "created": {"type": "integer", "description": "Seconds since the epoch."},
        "model": _TEXT,
        "choices": _list(choice),
        "usage": usage,
    }
    return _object(properties, optional=("usage",))


_TOKEN = {"token": _TEXT, "logprob": _NUMBER, "bytes": _list(_COUNT)}

_CHAT_LOGPROBS = _nullable(
    _object({"content": _list(_object({**_TOKEN, "top_logprobs": _list(_object({**_TOKEN}))})), "refusal": _NULL})
)

_TEXT_LOGPROBS = _nullable(
    _object(
        {
            "tokens": _list(_TEXT),
            "token_logprobs": _list(_NUMBER),
            "top_logprobs": _nullable(_list({"type": "object", "additionalProperties": _NUMBER})),
            "text_offset": _list(_COUNT),
        }
    )
)

ANSWERS: dict[str, object] = {
    "ChatCompletion": _answer(
        "chat.completion",
        _object(
            {
                "index": _COUNT,
                "message": _object({"role": {"const": "assistant"}, "content": _TEXT, "refusal": _NULL}),
                "logprobs": _CHAT_LOGPROBS,
                "finish_reason": _FINISH,
            }
        ),
        _reference("Usage"),
    ),
    "ChatCompletionChunk": _answer(
        "chat.completion.chunk",
        _object(
            {
                "index": _COUNT,
                "delta": _object(
                    {"role": {"const": "assistant"}, "content": _TEXT, "refusal": _NULL},
                    ("role", "content", "refusal"),
                ),
                "logprobs": _CHAT_LOGPROBS,
                "finish_reason": _FINISH,
            }
        ),
        _nullable(_reference("Usage")),
    ),
    "Completion": _answer(
        "text_completion",
        _object({"index": _COUNT, "text": _TEXT, "logprobs": _TEXT_LOGPROBS, "finish_reason": _FINISH}),
        _nullable(_reference("Usage")),
    ),
    "Usage": _object(
        {
            "prompt_tokens": _COUNT,
            "completion_tokens": _COUNT,
            "total_tokens": _COUNT,
            "prompt_tokens_estimated": {
                "const": True,
                "description": "There where the model's server did not count the prompt.",
            },
        },
        ("prompt_tokens_estimated",),
    ),
    "Model": _object({"id": _TEXT, "object": {"const": "model"}, "created": _COUNT, "owned_by": _TEXT}),
    "ModelList": _object({"object": {"const": "list"}, "data": _list(_reference("Model"))}),
    "Error": _object(
        {
            "error": _object(
                {"message": _TEXT, "type": _TEXT, "param": _nullable(_TEXT), "code": _nullable(_TEXT)},
            )
        }
    ),
}
