"""AWS's own schemas of the CloudFormation resource types, as packaged by cfn-lint.

They say which properties exist, which of them force a replacement, which are answers (`Fn::GetAtt`) and where tags go,
so that the adapters need not repeat it.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def _folder_of_schemas() -> Path:
    # Found without importing cfn-lint, which takes half a second and 60 MB.
    specification = find_spec("cfnlint")
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError("cfn-lint is not installed; it comes with moto[server]")
    return Path(specification.origin).parent / "data" / "schemas"


_DATA = _folder_of_schemas()
_REGION_OF_THE_LIST = "us-east-1"  # the region that has every type


@dataclass(frozen=True)
class ResourceSchema:
    """What AWS's schema says about one resource type."""

    name: str
    properties: frozenset[str]
    read_only: frozenset[str]
    create_only: frozenset[tuple[str, ...]]
    required: frozenset[str]
    identifier: tuple[str, ...]
    tag_property: str | None
    tags_are_a_map: bool

    def replaces(self, old: dict[str, Any], new: dict[str, Any]) -> bool:
        """Whether going from the old to the new properties needs a new physical resource."""
        return any(_at(old, path) != _at(new, path) for path in self.create_only)


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


@lru_cache
def _documents() -> dict[str, str]:
    listing: dict[str, str] = json.loads((_DATA / "providers" / f"{_REGION_OF_THE_LIST}.json").read_text())
    return listing


@lru_cache
def schema_of(resource_type: str) -> ResourceSchema | None:
    """The schema of a type such as `AWS::S3::Bucket`; None if AWS has no such type."""
    document_name = _documents().get(resource_type)
    if document_name is None:
        return None
    document = json.loads((_DATA / "resources" / f"{document_name}.json").read_text())
    properties: dict[str, Any] = document["properties"]
    tagging = document.get("tagging") or {}
    tag_property = str(tagging.get("tagProperty", "/properties/Tags")).rsplit("/", 1)[-1]
    taggable = tagging.get("taggable", tag_property in properties) and tag_property in properties
    return ResourceSchema(
        name=resource_type,
        properties=frozenset(properties),
        read_only=frozenset(_dotted(document, "readOnlyProperties")),
        create_only=frozenset(tuple(path.split(".")) for path in _dotted(document, "createOnlyProperties")),
        required=frozenset(document.get("required", ())),
        identifier=tuple(_dotted(document, "primaryIdentifier")),
        tag_property=tag_property if taggable else None,
        tags_are_a_map=_is_map(properties.get(tag_property, {})),
    )


def _dotted(document: dict[str, Any], key: str) -> list[str]:
    return [pointer.removeprefix("/properties/").replace("/", ".") for pointer in document.get(key, ())]


def _is_map(tags: dict[str, Any]) -> bool:
    kind = tags.get("type")
    return kind == "object" or (isinstance(kind, list) and "object" in kind)
