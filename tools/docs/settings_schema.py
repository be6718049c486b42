"""`python -m tools.docs.settings_schema`: the JSON schema config/schema.json, generated from the fields themselves.

Editors complete and check a config file by it. It accepts what the loader accepts, numbers and booleans in quotes
included, and refuses errors in single values; errors that take several fields to see are the loader's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from falconry.settings import Settings
from tools.docs.generated import write_or_check

FILE = Path(__file__).resolve().parents[2] / "config" / "schema.json"

_WHOLE_NUMBER = r"^[+-]?[0-9](_?[0-9])*(\.0*)?$"
_NUMBER = r"^[+-]?([0-9](_?[0-9])*\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_BOOLEAN = "^([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$"
"""`yes` and its like are text for editors, which read YAML 1.2, and true for PyYAML, which reads 1.1."""


class _Lenient(GenerateJsonSchema):
    """Numbers and booleans may be in quotes, as the loader accepts them."""

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return {**super().int_schema(schema), "type": ["integer", "string"], "pattern": _WHOLE_NUMBER}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return {**super().float_schema(schema), "type": ["number", "string"], "pattern": _NUMBER}

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return {**super().bool_schema(schema), "type": ["boolean", "string"], "pattern": _BOOLEAN}


def schema() -> dict[str, Any]:
    """The schema of a config file."""
    made = _without_noise(Settings.model_json_schema(schema_generator=_Lenient))
    # The file's name is the deployment's; it is no field of the file.
    del made["properties"]["name"]
    made["required"].remove("name")
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "Falconry deployment", **made}


def _without_noise(node: Any) -> Any:
    """`node` without the titles that only repeat names, and without defaults that say no more than "nothing"."""
    if isinstance(node, list):
        return [_without_noise(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_noise(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and _says_nothing(value))
    }


def _says_nothing(default: Any) -> bool:
    return default in (None, "", []) or isinstance(default, dict)


def text() -> str:
    """The whole file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(write_or_check({FILE: text()}))
