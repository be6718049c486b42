"""Bringing a stack's resources to what a template says, and back again if that fails."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.exceptions import ServiceException

from ..adapters.base import Adapter, Context, NotCarriedError
from ..adapters.properties import Properties
from .environment import Environment, Export
from .errors import ResourceFailureError, TemplateError
from .resources import adapter_of, delete_resource, final_properties, reason_of
from .schemas import schema_of
from .stack import Parameter, Stack, StackResource, now
from .template import Template

_log = logging.getLogger(__name__)
_Undo = Callable[[], None]


class DeploymentFailedError(Exception):
    """A resource failed; the argument is the reason that the stack gets."""


@dataclass
class Deployment:
    """One run of a template on a stack. `tags` are the stack's, put on every resource that takes tags."""

    environment: Environment
    stack: Stack
    template: Template
    parameters: dict[str, Parameter]
    tags: dict[str, str]

    def __post_init__(self) -> None:
        self._live: dict[str, StackResource] = dict(self.stack.resources)
        self._superseded: list[StackResource] = []
        self._undo: list[tuple[StackResource, str, _Undo]] = []
        self._resolver = self.environment.resolver(self.stack, self.template, self.parameters, self)

    # Ref and Fn::GetAtt of the resources that exist by now

    def ref(self, logical_id: str) -> str:
        return self._existing(logical_id).physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        resource = self._existing(logical_id)
        if name not in resource.attributes:
            raise TemplateError(
                f"Requested attribute {name} does not exist for {resource.resource_type}; "
                f"the emulated AWS gives {sorted(resource.attributes)}"
            )
        return resource.attributes[name]

    def _existing(self, logical_id: str) -> StackResource:
        if logical_id not in self._live:
            raise TemplateError(f"Unresolved resource dependency {logical_id} in the template")
        return self._live[logical_id]

    # forward

    def apply(self) -> None:
        """Creates, updates and replaces resources in order.

        Raises DeploymentFailedError after recording the failure; what was done until then can be taken back with
        `roll_back`."""
        order = [name for name in self.template.order() if self._resolver.included(self.template.resources[name])]
        self._check_types(order)
        for name in order:
            try:
                self._deploy(name)
            except Exception as error:
                self._fail(name, error)
        for name in set(self._live) - set(order):
            self._superseded.append(self._live.pop(name))
        try:
            outputs = self._outputs()
        except ServiceException as error:
            raise DeploymentFailedError(reason_of(error)) from error
        self.stack.outputs = outputs

    def _check_types(self, order: list[str]) -> None:
        for name in order:
            try:
                adapter_of(self.environment, self.template.resources[name]["Type"])
            except ResourceFailureError as error:
                self._fail(name, error)

    def _fail(self, name: str, error: Exception) -> None:
        if not isinstance(
            error, ClientError | NotCarriedError | ResourceFailureError | ServiceException | BotoCoreError
        ):
            _log.exception("%s: %s failed", self.stack.name, name)
        existing = self.stack.resources.get(name)
        kind = self.template.resources[name]["Type"]
        status = "UPDATE_FAILED" if existing else "CREATE_FAILED"
        reason = reason_of(error)
        self.stack.record(name, kind, existing.physical_id if existing else "", status, reason)
        verb = "update" if existing else "create"
        raise DeploymentFailedError(f"The following resource(s) failed to {verb}: [{name}]. {reason}") from error

    def _deploy(self, name: str) -> None:
        definition = self.template.resources[name]
        properties = final_properties(self._resolver, definition, self.tags)
        existing = self.stack.resources.get(name)
        kind = definition["Type"]
        adapter = adapter_of(self.environment, kind)
        if existing is None:
            self._live[name] = self._create(name, definition, properties, adapter, "CREATE")
        elif existing.resource_type != kind:
            raise ResourceFailureError(f"Update of resource type is not permitted: {existing.resource_type} to {kind}")
        elif existing.properties == properties:
            self._live[name] = replace(existing, definition=definition, dependencies=self.template.dependencies(name))
        elif (schema := schema_of(kind)) is not None and schema.replaces(existing.properties, properties):
            self._check_custom_name(adapter, existing, properties)
            self._live[name] = self._create(name, definition, properties, adapter, "UPDATE")
            self._superseded.append(existing)
        else:
            self._live[name] = self._update(existing, definition, properties, adapter)

    @staticmethod
    def _check_custom_name(adapter: Adapter, existing: StackResource, properties: dict[str, Any]) -> None:
        name = adapter.name_property
        if name and properties.get(name) is not None and properties[name] == existing.properties.get(name):
            raise ResourceFailureError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {properties[name]} and update the stack again."
            )

    def _create(
        self, name: str, definition: dict[str, Any], values: dict[str, Any], adapter: Adapter, verb: str
    ) -> StackResource:
        kind = definition["Type"]
        context = self.environment.context(self.stack, name)
        replacing = "Requested update requires the creation of a new physical resource; hence creating one."
        self.stack.record(name, kind, "", f"{verb}_IN_PROGRESS", replacing if verb == "UPDATE" else None)
        properties = Properties(values)
        try:
            created = adapter.create(properties, context)
            context.made(created.physical_id)
            self._check_read(properties, adapter)
        except Exception:
            if context.begun:
                self._discard_half_made(adapter, context, values)
            raise
        resource = StackResource(
            name,
            kind,
            created.physical_id,
            values,
            created.attributes,
            definition,
            self.template.dependencies(name),
            f"{verb}_COMPLETE",
        )
        self.stack.record(name, kind, created.physical_id, f"{verb}_COMPLETE")
        self._undo.append((resource, "DELETE", lambda: adapter.delete(resource.physical_id, values, context)))
        return resource

    @staticmethod
    def _discard_half_made(adapter: Adapter, context: Context, values: dict[str, Any]) -> None:
        try:
            adapter.delete(context.begun[0], values, context)
        except (ClientError, NotImplementedError, KeyError) as error:
            _log.warning("%s: could not remove the half-made resource: %s", context.logical_id, error)

    def _update(
        self, existing: StackResource, definition: dict[str, Any], values: dict[str, Any], adapter: Adapter
    ) -> StackResource:
        name, kind, physical_id = existing.logical_id, existing.resource_type, existing.physical_id
        context = self.environment.context(self.stack, name)
        self.stack.record(name, kind, physical_id, "UPDATE_IN_PROGRESS")
        properties = Properties(values)

        def undo() -> None:
            adapter.update(physical_id, Properties(existing.properties), values, context)

        # Registered first: an update that fails half-way has to be taken back too.
        self._undo.append((existing, "UPDATE", undo))
        attributes = adapter.update(physical_id, properties, existing.properties, context)
        changed = {key for key in values if values[key] != existing.properties.get(key)}
        self._check_read(properties, adapter, changed)
        self.stack.record(name, kind, physical_id, "UPDATE_COMPLETE")
        return replace(
            existing,
            properties=values,
            attributes=attributes,
            definition=definition,
            dependencies=self.template.dependencies(name),
            status="UPDATE_COMPLETE",
            changed=now(),
        )

    @staticmethod
    def _check_read(properties: Properties, adapter: Adapter, within: set[str] | None = None) -> None:
        unread = {name for name in properties.unread() if name not in adapter.not_carried}
        if within is not None:
            unread &= within
        if unread:
            raise NotCarriedError(f"the emulated AWS does not carry {sorted(unread)} of {adapter.resource_type}")

    def _outputs(self) -> list[dict[str, str]]:
        outputs = []
        exports: dict[str, str] = {}
        for key, output in self.template.outputs.items():
            if not self._resolver.included(output):
                continue
            described = {"OutputKey": key, "OutputValue": str(self._resolver.resolve(output["Value"]))}
            if "Description" in output:
                described["Description"] = output["Description"]
            if "Export" in output:
                name = str(self._resolver.resolve(output["Export"]["Name"]))
                described["ExportName"] = name
                exports[name] = described["OutputValue"]
            outputs.append(described)
        self._publish(exports)
        return outputs

    def _publish(self, exports: dict[str, str]) -> None:
        published = self.environment.exports
        mine = {name for name, export in published.items() if export.stack_id == self.stack.stack_id}
        for name in exports:
            if name in published and name not in mine:
                raise TemplateError(f"Export with name {name} is already exported by stack {published[name].stack_id}")
        for name in mine:
            users = published[name].importers - {self.stack.name}
            if users and exports.get(name) != published[name].value:
                raise TemplateError(f"Export {name} cannot be updated or deleted as it is in use by {sorted(users)}")
        for name in mine - set(exports):
            del published[name]
        for name, value in exports.items():
            importers = published[name].importers if name in published else set()
            published[name] = Export(name, value, self.stack.stack_id, importers)

    # after the forward run

    def commit(self) -> None:
        """Makes the new resources the stack's own."""
        self.stack.resources = self._live
        self.stack.template = self.template
        self.stack.parameters = self.parameters
        self.stack.tags = self.tags

    def clean_up(self, previous_order: list[str]) -> None:
        """Deletes what was replaced or left the template, the dependants first.

        A failure leaves the resource behind with a DELETE_FAILED event, as CloudFormation does."""
        order = {name: place for place, name in enumerate(previous_order)}
        for resource in sorted(self._superseded, key=lambda item: order.get(item.logical_id, -1), reverse=True):
            policy = "UpdateReplacePolicy" if resource.logical_id in self._live else "DeletionPolicy"
            delete_resource(self.environment, self.stack, resource, policy)

    def roll_back(self) -> None:
        """Takes the changes back, the last one first."""
        for resource, verb, undo in reversed(self._undo):
            kept = verb == "DELETE" and resource.retained("DeletionPolicy", creating=True)
            self.stack.record(
                resource.logical_id,
                resource.resource_type,
                resource.physical_id,
                "DELETE_SKIPPED" if kept else f"{verb}_IN_PROGRESS",
            )
            if kept:
                continue
            try:
                undo()
            except Exception as error:
                status, reason = f"{verb}_FAILED", reason_of(error)
                _log.warning("%s: rollback of %s failed: %s", self.stack.name, resource.logical_id, reason)
            else:
                status, reason = f"{verb}_COMPLETE", ""
            self.stack.record(resource.logical_id, resource.resource_type, resource.physical_id, status, reason)
