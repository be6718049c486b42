"""`response_format`: answers that follow a JSON schema, by TGI's grammar."""

from __future__ import annotations

import json

from chat.errors import ApiError, ErrorKind
from chat.json_schema import enforceable
from chat.models import DeployedModel
from chat.parameters import Parameter, check

GRAMMAR_SINCE = "1.4.1"
"""The first TGI that knows `grammar`."""

_JSON_SCHEMA = (
    Parameter(name="name", types=("string",), required=True, min_length=1, description="A name for the schema."),
    Parameter(name="schema", types=("object",), required=True, description="The JSON schema of the answer."),
    Parameter(name="description", types=("string",), description="Taken and not used."),
    Parameter(name="strict", types=("boolean",), description="Taken; the schema is always kept to."),
)

_TYPES = ("text", "json_schema", "json_object")


def grammar(value: object, model: DeployedModel) -> dict[str, object]:
    """TGI's parameters for the request's `response_format`. Raises ApiError for a format that cannot be had."""
    if not isinstance(value, dict):
        return {}
    kind = value.get("type")
    if kind not in _TYPES:
        shown = json.dumps(kind, ensure_ascii=False)[:60]
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"response_format.type must be one of {', '.join(_TYPES)}, not {shown}.",
            param="response_format.type",
        )
    if kind == "text":
        return {}
    if not model.has_tgi(GRAMMAR_SINCE):
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            f"response_format needs text-generation-inference {GRAMMAR_SINCE} or later; {model.name} is served by "
            f"{model.tgi_version}. Ask for JSON in the messages.",
            param="response_format",
        )
    if kind == "json_object":
        raise ApiError(
            ErrorKind.UNSUPPORTED_PARAMETER,
            "json_object is not supported: text-generation-inference has to know the object's properties. Send "
            '{"type": "json_schema", "json_schema": {"name": ..., "schema": {...}}}.',
            param="response_format.type",
        )
    return {"grammar": {"type": "json", "value": _schema(value.get("json_schema"))}}


def _schema(value: object) -> object:
    path = "response_format.json_schema"
    if not isinstance(value, dict):
        raise ApiError(ErrorKind.MISSING_PARAMETER, f"{path} is required: an object with name and schema.", param=path)
    schema = check(_JSON_SCHEMA, value, prefix=f"{path}.")["schema"]
    return enforceable(schema if isinstance(schema, dict) else {}, f"{path}.schema")
