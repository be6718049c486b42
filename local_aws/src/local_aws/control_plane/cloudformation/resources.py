"""One resource of a stack: its adapter, its final properties, its deletion, and the reason of a failure."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import ServiceException

from ..adapters.base import Adapter, NotCarriedError, is_gone
from ..adapters.properties import tags_as_map
from .environment import Environment
from .errors import ResourceFailureError, TemplateError
from .intrinsics import Resolver
from .schemas import ResourceSchema, schema_of
from .stack import Stack, StackResource


def adapter_of(environment: Environment, resource_type: str) -> Adapter:
    """The adapter of a type; raises ResourceFailureError naming a type that the emulated AWS does not have."""
    adapter = environment.adapters.get(resource_type)
    if adapter is None:
        raise ResourceFailureError(
            f"The emulated AWS does not support the resource type {resource_type}. "
            "Add an adapter to local_aws's control_plane/adapters, or leave the resource out of this deployment."
        )
    return adapter


def final_properties(resolver: Resolver, definition: dict[str, Any], tags: dict[str, str]) -> dict[str, Any]:
    """Resolved properties with the stack's tags, checked against AWS's schema of the type."""
    properties: dict[str, Any] = resolver.resolve(definition.get("Properties") or {})
    schema = schema_of(definition["Type"])
    if schema is None:
        return properties
    if unknown := sorted(set(properties) - schema.properties):
        raise ResourceFailureError(f"Encountered unsupported property {', '.join(unknown)}")
    if missing := sorted(schema.required - set(properties)):
        raise ResourceFailureError(f"Missing required properties {', '.join(missing)}")
    return _with_stack_tags(properties, schema, tags)


def _with_stack_tags(properties: dict[str, Any], schema: ResourceSchema, tags: dict[str, str]) -> dict[str, Any]:
    if not tags or schema.tag_property is None:
        return properties
    merged = tags | tags_as_map(properties, schema.tag_property)
    as_property = merged if schema.tags_are_a_map else [{"Key": key, "Value": value} for key, value in merged.items()]
    return properties | {schema.tag_property: as_property}


def reason_of(error: Exception) -> str:
    """What a stack event says about a failure."""
    if isinstance(error, ClientError):
        details = error.response["Error"]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return f"{details.get('Message')} ({error.operation_name}, Status Code: {status}, Code: {details.get('Code')})"
    if isinstance(error, ServiceException):
        return str(error.message)
    if isinstance(error, ResourceFailureError | NotCarriedError | BotoCoreError | TemplateError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def delete_resource(
    environment: Environment, stack: Stack, resource: StackResource, policy: str = "DeletionPolicy"
) -> bool:
    """Deletes one resource unless its policy retains it; gives False (and records why) if it could not be deleted."""
    identity = (resource.logical_id, resource.resource_type, resource.physical_id)
    if resource.retained(policy):
        stack.record(*identity, "DELETE_SKIPPED")
        return True
    stack.record(*identity, "DELETE_IN_PROGRESS")
    try:
        adapter = adapter_of(environment, resource.resource_type)
        adapter.delete(resource.physical_id, resource.properties, environment.context(stack, resource.logical_id))
    except Exception as error:
        if not (isinstance(error, ClientError) and is_gone(error)):
            resource.status, resource.reason = "DELETE_FAILED", reason_of(error)
            stack.record(*identity, "DELETE_FAILED", resource.reason)
            return False
    stack.record(*identity, "DELETE_COMPLETE")
    return True
