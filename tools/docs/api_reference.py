"""`python -m tools.docs.api_reference`: docs/openapi.json and the page docs/api.md, made from what checks the requests.

With `--check` it writes nothing and fails where a file is not what would be written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chat.openapi.document import document

from tools.docs.generated import write_or_check

FOLDER = Path(__file__).resolve().parents[2] / "docs"

_INTRODUCTION = """\
# API

{description}

Send the client's key as `Authorization: Bearer KEY` or `x-api-key: KEY`; with `auth: iam` sign the request, with
`auth: jwt` send the issuer's token as bearer.

This page is made from [openapi.json](openapi.json), which every deployment serves at `/openapi.json`; both are made by
`make reference` from the tables that the front checks requests against.

Beside the routes below, a deployment with a [playground](playground.md) serves it at `GET /playground`, to everybody.
"""


def page(described: Mapping[str, Any]) -> str:
    """The page for an OpenAPI document."""
    parts = [_INTRODUCTION.format(description=described["info"]["description"])]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                parts.append(_route(described, method, path, operation))
    return "\n".join(parts)


def _route(described: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> str:
    lines = [
        f"## {method.upper()} {path}",
        "",
        f"{operation['summary']}. {operation.get('description', '')}".strip(),
        "",
    ]
    body = operation.get("requestBody")
    if body:
        schema = _resolved(described, body["content"]["application/json"]["schema"])
        lines += _table(schema)
        for name, value in schema["properties"].items():
            if value.get("properties"):
                lines += [f"### `{name}`", "", *_table(value)]
    errors = [status for status in operation["responses"] if status != "200"]
    if errors:
        lines += [f'Errors: {", ".join(errors)}. Each is `{{"error": {{message, type, param, code}}}}`.', ""]
    return "\n".join(lines)


def _table(schema: Mapping[str, Any]) -> list[str]:
    required = schema.get("required", [])
    rows = [
        f"| `{name}`{' (required)' if name in required else ''} | {_type(value)} | {value.get('description', '')} |"
        for name, value in schema["properties"].items()
    ]
    return ["| field | value | |", "|---|---|---|", *rows, ""]


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "only " + ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "anyOf" in schema:
        kinds = [_type(variant) for variant in schema["anyOf"] if variant.get("type") != "null"]
        return " or ".join(kinds)
    name = {"array": "list", "number": "number", "integer": "whole number", "boolean": "true or false"}
    words: str = name.get(schema["type"], schema["type"])
    if schema["type"] == "array" and schema.get("items", {}).get("type"):
        words += f" of {schema['items']['type']}s"
    return words + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    words: Sequence[tuple[str, str]] = (
        ("minimum", "at least"),
        ("exclusiveMinimum", "above"),
        ("maximum", "at most"),
        ("exclusiveMaximum", "below"),
        ("minItems", "at least"),
        ("maxItems", "at most"),
    )
    bounds = [f"{word} {schema[key]}" for key, word in words if key in schema]
    return f", {', '.join(bounds)}" if bounds else ""


def _resolved(described: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    target: Any = described
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    resolved: Mapping[str, Any] = target
    return resolved


def files() -> dict[Path, str]:
    """What the files must hold."""
    described = document()
    return {
        FOLDER / "openapi.json": json.dumps(described, indent=2, ensure_ascii=False) + "\n",
        FOLDER / "api.md": page(described),
    }


if __name__ == "__main__":
    sys.exit(write_or_check(files()))
