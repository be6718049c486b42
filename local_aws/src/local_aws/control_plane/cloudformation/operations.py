"""What the CloudFormation API does to the stacks of one account and region."""

import logging
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import ServiceException

from . import parameters as stack_parameters
from .changes import expected_changes
from .deployment import Deployment, DeploymentFailedError
from .environment import Environment
from .errors import (
    AlreadyExistsError,
    ChangeSetNotFoundError,
    ResourceFailureError,
    StackNotFoundError,
    ValidationError,
)
from .resources import delete_resource, reason_of
from .stack import CAN_UPDATE, ChangeSet, Parameter, Stack, now
from .template import Template

_log = logging.getLogger(__name__)

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
# A call that starts work answers when the work is done, or after this many seconds; the CDK CLI polls every 5 s, so
# answering late is faster for everybody than answering at once.
_PATIENCE_SECONDS = 20.0


@dataclass
class Stacks:
    """The stacks of one account and region, by stack id; deleted ones stay readable by id."""

    environment: Environment
    by_id: dict[str, Stack] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, name_or_id: str) -> Stack:
        """The stack by id, or the living one by name. Raises StackNotFoundError."""
        if name_or_id in self.by_id:
            return self.by_id[name_or_id]
        for stack in self.by_id.values():
            if stack.alive and stack.name == name_or_id:
                return stack
        raise StackNotFoundError(name_or_id)

    def add(self, name: str, status: str, request: dict[str, Any]) -> Stack:
        with self._lock:
            if any(stack.alive and stack.name == name for stack in self.by_id.values()):
                raise AlreadyExistsError(name)
            environment = self.environment
            stack_id = f"arn:aws:cloudformation:{environment.region}:{environment.account}:stack/{name}/{uuid.uuid4()}"
            stack = Stack(stack_id, name, environment.region, environment.account, status)
            self.by_id[stack_id] = stack
        self._take_options(stack, request)
        return stack

    @staticmethod
    def _take_options(stack: Stack, request: dict[str, Any]) -> None:
        stack.role_arn = request.get("RoleARN", stack.role_arn)
        stack.notification_arns = request.get("NotificationARNs") or stack.notification_arns
        stack.capabilities = request.get("Capabilities") or stack.capabilities

    # change sets

    def create_change_set(self, request: dict[str, Any], body: str | None) -> tuple[ChangeSet, Stack]:
        """body: the template's text; None means the stack's present one."""
        kind = request.get("ChangeSetType", "UPDATE")
        name = request["StackName"]
        if kind == "CREATE":
            stack = next((stack for stack in self.by_id.values() if stack.alive and stack.name == name), None)
            if stack is not None and stack.status != "REVIEW_IN_PROGRESS":
                raise AlreadyExistsError(name)
        elif kind == "UPDATE":
            stack = self.find(name)
            self._check_can_update(stack)
        else:
            raise ValidationError(f"ChangeSetType {kind!r} is not supported by the emulated AWS; CREATE and UPDATE are")
        template = self._template(body, stack)
        parameters = self._parameters(template, request, stack)
        if stack is None:
            stack = self.add(name, "REVIEW_IN_PROGRESS", request)
            stack.set_status("REVIEW_IN_PROGRESS", "User Initiated")
        if request["ChangeSetName"] in stack.change_sets:
            raise AlreadyExistsError(request["ChangeSetName"])
        tags = _tags(request, stack)
        change_set = ChangeSet(
            f"arn:aws:cloudformation:{self.environment.region}:{self.environment.account}"
            f":changeSet/{request['ChangeSetName']}/{uuid.uuid4()}",
            request["ChangeSetName"],
            kind,
            template,
            parameters,
            tags,
            changes=[],
            description=request.get("Description"),
            capabilities=request.get("Capabilities") or [],
        )
        self._fill_in_changes(change_set, stack)
        stack.change_sets[change_set.name] = change_set
        return change_set, stack

    def _fill_in_changes(self, change_set: ChangeSet, stack: Stack) -> None:
        template, parameters, tags = change_set.template, change_set.parameters, change_set.tags
        try:
            change_set.changes = expected_changes(self.environment, stack, template, parameters, tags)
        except (ServiceException, ResourceFailureError) as error:
            change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
            change_set.reason = reason_of(error)
            return
        if not change_set.changes and not _differs_elsewhere(stack, template, tags):
            change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
            change_set.reason = NO_CHANGES

    def find_change_set(self, name_or_id: str, stack_name: str | None) -> tuple[ChangeSet, Stack]:
        """A change set by id, or by name within its stack. Raises ChangeSetNotFoundError."""
        if stack_name is None and not name_or_id.startswith("arn:"):
            raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
        stacks = [self.find(stack_name)] if stack_name else list(self.by_id.values())
        for stack in stacks:
            for change_set in stack.change_sets.values():
                if name_or_id in (change_set.name, change_set.change_set_id):
                    return change_set, stack
        raise ChangeSetNotFoundError(name_or_id)

    def delete_change_set(self, name_or_id: str, stack_name: str | None) -> None:
        """Deleting an absent change set of an existing stack succeeds, as it does at AWS."""
        try:
            change_set, stack = self.find_change_set(name_or_id, stack_name)
        except ChangeSetNotFoundError:
            return
        del stack.change_sets[change_set.name]

    def execute_change_set(self, request: dict[str, Any]) -> None:
        change_set, stack = self.find_change_set(request["ChangeSetName"], request.get("StackName"))
        if change_set.execution_status != "AVAILABLE":
            reason = f"cannot be executed in its current status of [{change_set.status}]"
            raise ServiceException("InvalidChangeSetStatus", f"ChangeSet [{change_set.change_set_id}] {reason}")
        stack.disable_rollback = bool(request.get("DisableRollback", False))
        stack.change_sets.clear()
        stack.capabilities = change_set.capabilities or stack.capabilities
        deployment = Deployment(self.environment, stack, change_set.template, change_set.parameters, change_set.tags)
        if change_set.kind == "CREATE":
            stack.created = now()
            self._start(stack, "CREATE_IN_PROGRESS", lambda: self._create(deployment, "ROLLBACK"))
        else:
            self._start(stack, "UPDATE_IN_PROGRESS", lambda: self._update(deployment))

    # stacks directly

    def create_stack(self, request: dict[str, Any], body: str) -> Stack:
        template = self._template(body, None)
        parameters = self._parameters(template, request, None)
        stack = self.add(request["StackName"], "CREATE_IN_PROGRESS", request)
        stack.termination_protection = bool(request.get("EnableTerminationProtection", False))
        stack.disable_rollback = bool(request.get("DisableRollback", False))
        on_failure = request.get("OnFailure", "DO_NOTHING" if stack.disable_rollback else "ROLLBACK")
        deployment = Deployment(self.environment, stack, template, parameters, _tags(request, None))
        self._start(stack, "CREATE_IN_PROGRESS", lambda: self._create(deployment, on_failure))
        return stack

    def update_stack(self, request: dict[str, Any], body: str | None) -> Stack:
        stack = self.find(request["StackName"])
        self._check_can_update(stack)
        template = self._template(body, stack)
        parameters = self._parameters(template, request, stack)
        tags = _tags(request, stack)
        try:
            changes = expected_changes(self.environment, stack, template, parameters, tags)
        except ResourceFailureError as error:
            raise ValidationError(str(error)) from error
        if not changes and not _differs_elsewhere(stack, template, tags):
            raise ValidationError("No updates are to be performed.")
        self._take_options(stack, request)
        stack.disable_rollback = bool(request.get("DisableRollback", False))
        deployment = Deployment(self.environment, stack, template, parameters, tags)
        self._start(stack, "UPDATE_IN_PROGRESS", lambda: self._update(deployment))
        return stack

    def delete_stack(self, name: str, retained: Sequence[str] = ()) -> None:
        """Deleting an absent stack succeeds. `retained` names resources to leave (RetainResources)."""
        try:
            stack = self.find(name)
        except StackNotFoundError:
            return
        if not stack.alive:
            return
        if stack.termination_protection:
            raise ValidationError(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        _check_idle(stack)
        for export in self.environment.exports.values():
            users = export.importers - {stack.name}
            if export.stack_id == stack.stack_id and users:
                raise ValidationError(
                    f"Export {export.name} cannot be deleted as it is in use by {', '.join(sorted(users))}"
                )
        self._start(stack, "DELETE_IN_PROGRESS", lambda: self._delete(stack, retained))

    # the work behind them

    def _start(self, stack: Stack, status: str, work: Callable[[], None]) -> None:
        if stack.status != "REVIEW_IN_PROGRESS" and stack.status != status:
            _check_idle(stack)
        stack.operation_id = str(uuid.uuid4())
        stack.set_status(status, "User Initiated")

        def run() -> None:
            try:
                work()
            except Exception as error:
                _log.exception("%s: %s was interrupted", stack.name, status)
                stack.set_status(status.replace("IN_PROGRESS", "FAILED"), reason_of(error))

        worker = threading.Thread(target=run, name=f"stack {stack.name}", daemon=True)
        worker.start()
        worker.join(_PATIENCE_SECONDS)

    def _create(self, deployment: Deployment, on_failure: str) -> None:
        stack = deployment.stack
        stack.template, stack.parameters, stack.tags = deployment.template, deployment.parameters, deployment.tags
        try:
            deployment.apply()
        except DeploymentFailedError as error:
            if on_failure == "DO_NOTHING" or stack.disable_rollback:
                deployment.commit()
                stack.set_status("CREATE_FAILED", str(error))
                return
            deleting = on_failure == "DELETE"
            stack.set_status("DELETE_IN_PROGRESS" if deleting else "ROLLBACK_IN_PROGRESS", str(error))
            deployment.roll_back()
            stack.set_status("DELETE_COMPLETE" if deleting else "ROLLBACK_COMPLETE")
            return
        deployment.commit()
        stack.set_status("CREATE_COMPLETE")

    def _update(self, deployment: Deployment) -> None:
        stack = deployment.stack
        previous_order = stack.template.order() if stack.template else []
        stack.updated = now()
        try:
            deployment.apply()
        except DeploymentFailedError as error:
            if stack.disable_rollback:
                deployment.commit()
                stack.set_status("UPDATE_FAILED", str(error))
                return
            stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS", str(error))
            deployment.roll_back()
            stack.set_status("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
            stack.set_status("UPDATE_ROLLBACK_COMPLETE")
            return
        deployment.commit()
        stack.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        deployment.clean_up(previous_order)
        stack.set_status("UPDATE_COMPLETE")

    def _delete(self, stack: Stack, retained: Sequence[str]) -> None:
        order = stack.template.order() if stack.template else []
        failed = []
        for name in reversed(order):
            resource = stack.resources.get(name)
            if resource is None:
                continue
            if name in retained or delete_resource(self.environment, stack, resource):
                del stack.resources[name]
            else:
                failed.append(name)
        if failed:
            stack.set_status("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}].")
            return
        exports = self.environment.exports
        for name in [name for name, export in exports.items() if export.stack_id == stack.stack_id]:
            del exports[name]
        for export in exports.values():
            export.importers.discard(stack.name)
        stack.deleted = now()
        stack.set_status("DELETE_COMPLETE")

    # helpers

    @staticmethod
    def _template(body: str | None, stack: Stack | None) -> Template:
        if body is not None:
            return Template.parse(body)
        if stack is None or stack.template is None:
            raise ValidationError("Either Template URL or Template Body must be specified.")
        return stack.template

    def _parameters(self, template: Template, request: dict[str, Any], stack: Stack | None) -> dict[str, Parameter]:
        previous = stack.parameters if stack else {}
        given = request.get("Parameters") or []
        return stack_parameters.settle(template, given, previous, self.environment.stored_parameter)

    @staticmethod
    def _check_can_update(stack: Stack) -> None:
        _check_idle(stack)
        if stack.status not in CAN_UPDATE | {"UPDATE_FAILED", "CREATE_FAILED"}:
            raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def _check_idle(stack: Stack) -> None:
    if stack.status.endswith("IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(f"Stack:{stack.stack_id} is in {stack.status} state and can not be updated.")


def _tags(request: dict[str, Any], stack: Stack | None) -> dict[str, str]:
    if request.get("Tags") is None:
        return dict(stack.tags) if stack else {}
    return {tag["Key"]: tag["Value"] for tag in request["Tags"]}


def _differs_elsewhere(stack: Stack, template: Template, tags: dict[str, str]) -> bool:
    """Whether a change without resource changes still changes the stack: its outputs or its own tags."""
    return stack.template is None or stack.template.outputs != template.outputs or stack.tags != tags
