"""GET /openapi.json: the API's description, made from the tables that requests are checked against."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from chat.errors import ErrorKind
from chat.features import Feature
from chat.openai.chat_parameters import CHAT_BODY
from chat.openai.completion_parameters import COMPLETION_BODY
from chat.openai.shared_parameters import STREAM_OPTIONS
from chat.openapi.answers import ANSWERS
from chat.parameters import Parameter
from chat.prompt.messages import ROLES
from chat.serving.container import ServingContainer
from chat.serving.containers import DEFAULT, container_named

VERSION = "1"
"""The API's version, as its paths have it."""

_GATEWAY_STATUSES = (401, 403, 404, 413, 429, 502, 504)
"""What API Gateway answers itself, in the same shape, before a request reaches the front."""


def document(models: Iterable[str] = (), container: type[ServingContainer] | None = None) -> dict[str, object]:
    """The OpenAPI 3.1 document. `models` are the deployed ones' names, if they are to be listed; `container` serves
    them."""
    container = container or container_named(DEFAULT)
    stream_options = _object(STREAM_OPTIONS, container)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Falconry",
            "version": VERSION,
            "summary": "TII's Falcon models behind OpenAI's API.",
            "description": "Any OpenAI client can talk to it. What the models cannot do is refused with a reason; an "
            "answer that breaks off ends with an error event, never like a finished one. Every response has "
            "`x-request-id`.",
        },
        "security": [{"bearer": []}, {"key": []}],
        "paths": _paths(sorted(models), container.product_name),
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The client's API key."},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
            "schemas": {
                "ChatCompletionRequest": _object(
                    CHAT_BODY,
                    container,
                    messages=_MESSAGES,
                    stream_options=stream_options,
                    response_format=_response_format(container),
                ),
                "CompletionRequest": _object(COMPLETION_BODY, container, stream_options=stream_options),
                "GenerateRequest": _object(
                    container.native.body, container, parameters=_object(container.native.parameters, container)
                ),
                **ANSWERS,
                **container.native.schemas(),
            },
            "responses": _errors(),
        },
    }


def _paths(models: Sequence[str], product_name: str) -> dict[str, object]:
    named = {
        "name": "model",
        "in": "path",
        "required": True,
        "description": "The name of a deployed model.",
        "schema": {"type": "string", **({"enum": list(models)} if models else {})},
    }
    return {
        "/v1/chat/completions": {
            "post": _generating(
                "createChatCompletion",
                "Answer a conversation",
                "For `-chat` and `-instruct` models. Whole turns are left out from the oldest on until the "
                "conversation fits; `x-falconry-messages-dropped` says how many messages that were.",
                "ChatCompletionRequest",
                ("ChatCompletion", "ChatCompletionChunk"),
            )
        },
        "/v1/completions": {
            "post": _generating(
                "createCompletion",
                "Continue a text",
                "For every model, base models too. The prompt is sent as it is.",
                "CompletionRequest",
                ("Completion", "Completion"),
            )
        },
        "/v1/models": {"get": _reading("listModels", "List the deployed models", "ModelList")},
        "/v1/models/{model}": {
            "parameters": [named],
            "get": _reading("retrieveModel", "Describe a deployed model", "Model"),
        },
        "/models/{model}": {
            "parameters": [named],
            "post": _generating(
                "generate",
                "Send the model its own payload",
                f"{product_name}'s request and answer, untouched but for errors.",
                "GenerateRequest",
                ("GenerateAnswer", "GenerateEvent"),
            ),
        },
        "/openapi.json": {
            "get": {
                "operationId": "describe",
                "summary": "This document",
                "responses": {"200": {"description": "OpenAPI 3.1.", **_json({"type": "object"})}},
            }
        },
    }


def _generating(
    operation: str, summary: str, description: str, body: str, answers: tuple[str, str]
) -> dict[str, object]:
    whole, event = answers
    content = {
        "application/json": {"schema": _reference(whole)},
        "text/event-stream": {
            "schema": {
                "type": "string",
                "description": f"With `stream: true`: server-sent events whose data are {event} objects. Lines that "
                "begin with a colon keep the connection alive. An error in mid-stream is an event with `error`.",
                "contentMediaType": "text/event-stream",
            }
        },
    }
    return {
        "operationId": operation,
        "summary": summary,
        "description": description,
        "requestBody": {"required": True, **_json(_reference(body))},
        "responses": {"200": {"description": "The answer.", "content": content}, **_error_references()},
    }


def _reading(operation: str, summary: str, answer: str) -> dict[str, object]:
    return {
        "operationId": operation,
        "summary": summary,
        "responses": {"200": {"description": summary + ".", **_json(_reference(answer))}, **_error_references()},
    }


def _object(
    table: Sequence[Parameter], container: type[ServingContainer], **replaced: dict[str, object]
) -> dict[str, object]:
    """The schema of an object with the fields of `table`; `replaced` has those that are described in more detail."""
    properties = {row.name: {**_property(row, container), **replaced.get(row.name, {})} for row in table}
    required = [row.name for row in table if row.required]
    return {
        "type": "object",
        "properties": properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _property(row: Parameter, container: type[ServingContainer]) -> dict[str, object]:
    if row.unsupported is not None:
        return _refused(row, row.description, row.unsupported)
    since = container.first_versions.get(row.needs) if row.needs is not None else None
    if row.needs is not None and since is None:
        only = " or ".join(json.dumps(value) for value in row.neutral)
        return _refused(row, f"Only {only}." if only else "Not supported.", f"{container.product_name} {row.without}")
    variants = [_variant(row, kind) for kind in row.types]
    if row.nullable and not row.required:
        variants.append({"type": "null"})
    description = row.description + _from(since, container)
    return {"description": description, **(variants[0] if len(variants) == 1 else {"anyOf": variants})}


def _refused(row: Parameter, description: str, reason: str) -> dict[str, object]:
    """The property of a field that takes only what means the same as leaving it out."""
    allowed = [*row.neutral, None] if row.nullable and not row.required else [*row.neutral]
    return {"description": f"{description} Otherwise: {reason}", "enum": allowed}


def _from(version: str | None, container: type[ServingContainer]) -> str:
    return f" Needs {container.product_name} {version} or later." if version else ""


def _response_format(container: type[ServingContainer]) -> dict[str, object]:
    (row,) = (row for row in CHAT_BODY if row.name == "response_format")
    since = container.first_versions.get(Feature.STRUCTURED_OUTPUT)
    return {"description": f"{row.description} {container.schema_note}{_from(since, container)}"}


def _variant(row: Parameter, kind: str) -> dict[str, object]:
    keywords: dict[str, object] = {}
    if kind in ("integer", "number"):
        keywords = {
            "minimum": row.minimum,
            "exclusiveMinimum": row.exclusive_minimum,
            "maximum": row.maximum,
            "exclusiveMaximum": row.exclusive_maximum,
        }
    elif kind == "string":
        keywords = {"minLength": row.min_length or None}
    elif kind == "array":
        item: dict[str, object] = {"type": row.items} if row.items else {}
        if row.items == "string" and row.min_length:
            item["minLength"] = row.min_length
        keywords = {"items": item, "minItems": row.min_items or None, "maxItems": row.max_items}
    return {"type": kind, **{name: value for name, value in keywords.items() if value is not None}}


def _errors() -> dict[str, object]:
    """One response a status, with the codes that it comes with."""
    codes: dict[int, list[ErrorKind]] = {status: [] for status in _GATEWAY_STATUSES}
    for kind in ErrorKind:
        codes.setdefault(kind.status, []).append(kind)
    return {
        f"Error{status}": {
            "description": "; ".join(f"`{kind.code}`" for kind in kinds) or "From API Gateway.",
            **({"headers": _RETRY_HEADERS} if any(kind.retry_after for kind in kinds) else {}),
            **_json(_reference("Error")),
        }
        for status, kinds in sorted(codes.items())
    }


def _error_references() -> dict[str, object]:
    return {name.removeprefix("Error"): {"$ref": f"#/components/responses/{name}"} for name in _errors()}


def _json(schema: dict[str, object]) -> dict[str, object]:
    return {"content": {"application/json": {"schema": schema}}}


def _reference(name: str) -> dict[str, object]:
    return {"$ref": f"#/components/schemas/{name}"}


_RETRY_HEADERS = {
    "retry-after": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}},
    "x-should-retry": {
        "description": "Whether OpenAI's clients send the request again by themselves.",
        "schema": {"enum": ["true", "false"]},
    },
}

_TEXT_PART = {
    "type": "object",
    "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
    "required": ["type", "text"],
}

_MESSAGES: dict[str, object] = {
    "items": {
        "type": "object",
        "properties": {
            "role": {"enum": list(ROLES)},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "items": _TEXT_PART}]},
            "name": {"type": "string", "description": "Accepted and ignored."},
        },
        "required": ["role", "content"],
    }
}
