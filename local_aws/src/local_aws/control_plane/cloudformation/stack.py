"""Stacks, their resources and events, and change sets: what the CloudFormation API describes."""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .template import Template

_event_numbers = itertools.count()

CAN_UPDATE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class StackResource:
    """A resource as it was last deployed. `properties` are resolved; they are what an update is compared with."""

    logical_id: str
    resource_type: str
    physical_id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]
    definition: dict[str, Any]
    dependencies: set[str] = field(default_factory=set)
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    changed: datetime = field(default_factory=now)

    def retained(self, policy: str, *, creating: bool = False) -> bool:
        """Whether the `DeletionPolicy` or `UpdateReplacePolicy` keeps the resource."""
        wanted = self.definition.get(policy)
        return wanted == "Retain" or (wanted == "RetainExceptOnCreate" and not creating)


@dataclass
class Parameter:
    """A parameter's value; of an `AWS::SSM::Parameter::Value`, `value` is the name and `resolved` what it held."""

    key: str
    value: str
    hidden: bool
    resolved: str | None = None

    def described(self) -> dict[str, Any]:
        answer = {"ParameterKey": self.key, "ParameterValue": "****" if self.hidden else self.value}
        return answer | ({"ResolvedValue": self.resolved} if self.resolved is not None else {})


@dataclass
class Stack:
    """One stack. `template` is None until the first change set is executed."""

    stack_id: str
    name: str
    region: str
    account: str
    status: str
    template: Template | None = None
    reason: str | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    role_arn: str | None = None
    notification_arns: list[str] = field(default_factory=list)
    capabilities: list[str] = field(default_factory=list)
    termination_protection: bool = False
    disable_rollback: bool = False
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: list[dict[str, str]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    change_sets: dict[str, "ChangeSet"] = field(default_factory=dict)
    policy: str | None = None
    operation_id: str = ""
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None

    @property
    def alive(self) -> bool:
        return self.status != "DELETE_COMPLETE"

    def set_status(self, status: str, reason: str | None = None) -> None:
        """Changes the status and records the stack's own event."""
        self.status, self.reason = status, reason
        self.record(self.name, "AWS::CloudFormation::Stack", self.stack_id, status, reason)

    def record(self, logical_id: str, kind: str, physical_id: str, status: str, reason: str | None = None) -> None:
        event: dict[str, Any] = {
            "StackId": self.stack_id,
            "EventId": f"{logical_id}-{status}-{next(_event_numbers)}-{uuid.uuid4()}",
            "StackName": self.name,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": now(),
            "ResourceStatus": status,
            # The CDK CLI takes the events of one operation together by this.
            "OperationId": self.operation_id,
        }
        self.events.append(event | ({"ResourceStatusReason": reason} if reason else {}))

    def described(self) -> dict[str, Any]:
        """The stack as DescribeStacks gives it."""
        template = self.template.document if self.template else {}
        answer: dict[str, Any] = {
            "StackId": self.stack_id,
            "StackName": self.name,
            "Description": template.get("Description"),
            "Parameters": [parameter.described() for parameter in self.parameters.values()],
            "CreationTime": self.created,
            "LastUpdatedTime": self.updated,
            "DeletionTime": self.deleted,
            "StackStatus": self.status,
            "StackStatusReason": self.reason,
            "DisableRollback": self.disable_rollback,
            "NotificationARNs": self.notification_arns,
            "Capabilities": self.capabilities,
            "Outputs": self.outputs,
            "RoleARN": self.role_arn,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
            "EnableTerminationProtection": self.termination_protection,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }
        return {name: value for name, value in answer.items() if value is not None}


@dataclass
class ChangeSet:
    """A prepared change of one stack; its name is unique within that stack only."""

    change_set_id: str
    name: str
    kind: str
    template: Template
    parameters: dict[str, Parameter]
    tags: dict[str, str]
    changes: list[dict[str, Any]]
    description: str | None = None
    capabilities: list[str] = field(default_factory=list)
    status: str = "CREATE_COMPLETE"
    reason: str | None = None
    execution_status: str = "AVAILABLE"
    created: datetime = field(default_factory=now)

    def summary(self, stack: Stack) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "StackId": stack.stack_id,
            "StackName": stack.name,
            "ChangeSetId": self.change_set_id,
            "ChangeSetName": self.name,
            "ExecutionStatus": self.execution_status,
            "Status": self.status,
            "StatusReason": self.reason,
            "CreationTime": self.created,
            "Description": self.description,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def described(self, stack: Stack) -> dict[str, Any]:
        """The change set as DescribeChangeSet gives it."""
        return self.summary(stack) | {
            "Parameters": [parameter.described() for parameter in self.parameters.values()],
            "Capabilities": self.capabilities,
            "NotificationARNs": stack.notification_arns,
            "Tags": [{"Key": key, "Value": value} for key, value in self.tags.items()],
            "Changes": [{"Type": "Resource", "ResourceChange": change} for change in self.changes],
        }
