"""`response_format`: answers that follow a JSON schema, by TGI's grammar."""

from __future__ import annotations

import json

from chat.errors import ApiError, ErrorKind
from chat.models import DeployedModel
from chat.parameters import Parameter, check, shown

GRAMMAR_SINCE = "1.4.1"
"""The first TGI that knows `grammar`."""

_JSON_SCHEMA = (
    Parameter(name="name", types=("string",), required=True, min_length=1, description="A name for the schema."),
    Parameter(name="schema", types=("object",), required=True, description="The JSON schema of the answer."),
    Parameter(name="description", types=("string",), description="Taken and not used."),
    Parameter(name="strict", types=("boolean",), description="Taken; the schema is always kept to."),
)

_TYPES = ("text", "json_schema", "json_object", "json", "regex")
"""OpenAI's, and those of TGI's own chat route, which huggingface_hub writes: {"type": "json_object", "value": SCHEMA}
(or "json"), and {"type": "regex", "value": PATTERN}."""


def grammar(value: object, model: DeployedModel) -> dict[str, object]:
    """TGI's parameters for the request's `response_format`. Raises ApiError for a format that cannot be had."""
    if not isinstance(value, dict):
        return {}
    kind = value.get("type")
    if kind not in _TYPES:
        named = json.dumps(kind, ensure_ascii=False)[:60]
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"response_format.type must be one of {', '.join(_TYPES)}, not {named}.",
            param="response_format.type",
        )
    if kind == "text":
        return {}
    if not model.container_is_at_least(GRAMMAR_SINCE):
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            f"response_format needs text-generation-inference {GRAMMAR_SINCE} or later; {model.name} is served by "
            f"{model.container_version}. Ask for JSON in the messages.",
            param="response_format",
        )
    if kind == "regex":
        return {"grammar": {"type": "regex", "value": _pattern(value.get("value"))}}
    from chat.serving.json_schema import enforceable  # few requests need it, and a cold start should not wait for it

    schema, path = _openai_schema(value) if kind == "json_schema" else _tgi_schema(value)
    return {"grammar": {"type": "json", "value": enforceable(schema, path)}}


def _openai_schema(value: dict[str, object]) -> tuple[dict[str, object], str]:
    """The schema and its place."""
    path = "response_format.json_schema"
    wrapped = value.get("json_schema")
    if not isinstance(wrapped, dict):
        raise ApiError(ErrorKind.MISSING_PARAMETER, f"{path} is required: an object with name and schema.", param=path)
    schema = check(_JSON_SCHEMA, wrapped, prefix=f"{path}.")["schema"]
    return schema if isinstance(schema, dict) else {}, f"{path}.schema"


def _tgi_schema(value: dict[str, object]) -> tuple[dict[str, object], str]:
    """The schema and its place. OpenAI's json_object has none, and without one there is no grammar."""
    schema = value.get("value")
    if schema is None:
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            "json_object is not supported: text-generation-inference has to know the object's properties. Send "
            '{"type": "json_schema", "json_schema": {"name": ..., "schema": {...}}}.',
            param="response_format.type",
        )
    if not isinstance(schema, dict):
        raise ApiError(
            ErrorKind.INVALID_TYPE,
            f"response_format.value must be a JSON schema, not {shown(schema)}.",
            param="response_format.value",
        )
    return schema, "response_format.value"


def _pattern(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ApiError(
            ErrorKind.INVALID_TYPE,
            f"response_format.value must be a regular expression, not {shown(value)}.",
            param="response_format.value",
        )
    return value
