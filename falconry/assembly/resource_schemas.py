"""What CloudFormation does when a property changes: its own resource schemas, as cfn-lint brings them along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

Path = tuple[str, ...]
"""Where a property is, such as ("DnsOptions", "PrivateDnsPreference"); "*" is every item of a list."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """What the schema of one resource type says of changes.

    Attributes:
        create_only: properties whose change replaces the resource.
        conditional: those whose change may replace it.
        identifier: top-level properties that make up the name by which the service knows the resource.
    """

    create_only: tuple[Path, ...] = ()
    conditional: tuple[Path, ...] = ()
    identifier: tuple[str, ...] = ()


@cache
def resource_type(name: str, region: str) -> ResourceType:
    """The schema's word on `name` ("AWS::S3::Bucket") in `region`.

    A type without a schema, a custom resource say, is taken to be changed in place.
    """
    # A second of imports: only for those who compare.
    from cfnlint.helpers import REGIONS
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

    try:
        found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region if region in REGIONS else "us-east-1", name).schema
    except ResourceNotFoundError:
        return ResourceType()
    return ResourceType(
        create_only=_paths(found.get("createOnlyProperties")),
        conditional=_paths(found.get("conditionalCreateOnlyProperties")),
        identifier=tuple(path[0] for path in _paths(found.get("primaryIdentifier"))),
    )


def _paths(pointers: list[str] | None) -> tuple[Path, ...]:
    return tuple(tuple(pointer.removeprefix("/properties/").split("/")) for pointer in pointers or ())
