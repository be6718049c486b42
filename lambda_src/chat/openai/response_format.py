"""`response_format`: answers that follow a JSON schema or a regular expression."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chat.errors import ApiError, ErrorKind
from chat.features import Feature, Server
from chat.parameters import Parameter, check, require, shown
from chat.serving.container import RegexFormat, SchemaFormat

_JSON_SCHEMA = (
    Parameter(name="name", types=("string",), required=True, min_length=1, description="A name for the schema."),
    Parameter(name="schema", types=("object",), required=True, description="The JSON schema of the answer."),
    Parameter(name="description", types=("string",), description="Accepted and ignored."),
    Parameter(name="strict", types=("boolean",), description="Accepted; the schema is always enforced."),
)

_TYPES = ("text", "json_schema", "json_object", "json", "regex")
"""OpenAI's, and those that huggingface_hub writes: {"type": "json_object", "value": SCHEMA} (or "json"), and
{"type": "regex", "value": PATTERN}."""


def response_format(value: Mapping[str, object] | None, server: Server) -> SchemaFormat | RegexFormat | None:
    """The format that a request's `response_format` asks for. Raises ApiError for one that is not supported."""
    if value is None:
        return None
    kind = value.get("type")
    if kind not in _TYPES:
        named = json.dumps(kind, ensure_ascii=False)[:60]
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"response_format.type must be one of {', '.join(_TYPES)}, not {named}.",
            param="response_format.type",
        )
    if kind == "text":
        return None
    require(
        server,
        Feature.STRUCTURED_OUTPUT,
        "response_format",
        never="cannot keep to a schema. Ask for JSON in the messages.",
        outdated=". Ask for JSON in the messages.",
    )
    if kind == "regex":
        return RegexFormat(_pattern(value.get("value")))
    schema, path = _openai_schema(value) if kind == "json_schema" else _plain_schema(value, server)
    return SchemaFormat(schema, path)


def _openai_schema(value: Mapping[str, object]) -> tuple[dict[str, object], str]:
    """The schema and its place."""
    path = "response_format.json_schema"
    wrapped = value.get("json_schema")
    if not isinstance(wrapped, dict):
        raise ApiError(ErrorKind.MISSING_PARAMETER, f"{path} is required: an object with name and schema.", param=path)
    schema = check(_JSON_SCHEMA, wrapped, prefix=f"{path}.").mapping("schema")
    return schema or {}, f"{path}.schema"


def _plain_schema(value: Mapping[str, object], server: Server) -> tuple[dict[str, object], str]:
    """The schema and its place. OpenAI's json_object has none, and without one there is no grammar."""
    schema = value.get("value")
    if schema is None:
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            f"json_object is not supported: {server.product_name} has to know the object's properties. Send "
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
