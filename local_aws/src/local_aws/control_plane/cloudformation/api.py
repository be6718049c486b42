"""The CloudFormation API (query protocol), served through moto's request parsing and response serialisation."""

import threading
from typing import Any
from urllib.parse import unquote, urlparse

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from ..adapters import ADAPTERS
from ..clients import clients_of
from .environment import Environment
from .errors import ValidationError
from .operations import Stacks
from .schemas import schema_of
from .stack import Stack, StackResource
from .template import Template

_stacks: dict[tuple[str, str], Stacks] = {}
_lock = threading.Lock()


def stacks_of(account: str, region: str) -> Stacks:
    """The stacks of an account and region; made on first use."""
    with _lock:
        if (account, region) not in _stacks:
            environment = Environment(account, region, ADAPTERS, clients_of(region))
            _stacks[account, region] = Stacks(environment)
        return _stacks[account, region]


class CloudFormationApi(BaseResponse):
    """One method per API action; moto calls the method named like the action."""

    def __init__(self) -> None:
        super().__init__(service_name="cloudformation")
        self.automated_parameter_parsing = True

    @property
    def _stacks(self) -> Stacks:
        return stacks_of(self.current_account, self.region)

    @property
    def _request(self) -> dict[str, Any]:
        return dict(self._get_params())

    def _stack(self) -> Stack:
        return self._stacks.find(self._get_param("StackName"))

    def _template_body(self) -> str | None:
        """The submitted template's text; None if the stack's present one is meant."""
        request = self._request
        url = request.get("TemplateURL")
        if url is None:
            body: str | None = request.get("TemplateBody")
            return body
        # moto takes the first label of the host for the bucket, so that http://127.0.0.1/bucket/key is bucket "127".
        # The emulated AWS only gets path-style URLs from the CLI when the endpoint is not a bucket's own host.
        parsed = urlparse(url)
        host = parsed.hostname or ""
        bucket, _, key = unquote(parsed.path.lstrip("/")).partition("/")
        if ".s3." in host or host.endswith(".localhost"):
            bucket, key = host.split(".", 1)[0], unquote(parsed.path.lstrip("/"))
        try:
            answer = clients_of(self.region)("s3").get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise ValidationError(f"S3 error: {error.response['Error'].get('Message')} ({url})") from error
        return str(answer["Body"].read().decode())

    # stacks

    def create_stack(self) -> ActionResult:
        body = self._template_body()
        if body is None:
            raise ValidationError("Either Template URL or Template Body must be specified.")
        return ActionResult({"StackId": self._stacks.create_stack(self._request, body).stack_id})

    def update_stack(self) -> ActionResult:
        return ActionResult({"StackId": self._stacks.update_stack(self._request, self._template_body()).stack_id})

    def delete_stack(self) -> ActionResult:
        self._stacks.delete_stack(self._get_param("StackName"), self._get_param("RetainResources") or ())
        return EmptyResult()

    def describe_stacks(self) -> ActionResult:
        name = self._get_param("StackName")
        stacks = [self._stacks.find(name)] if name else [s for s in self._stacks.by_id.values() if s.alive]
        return ActionResult({"Stacks": [stack.described() for stack in stacks]})

    def list_stacks(self) -> ActionResult:
        wanted = self._get_param("StackStatusFilter") or []
        summaries = [
            {
                "StackId": stack.stack_id,
                "StackName": stack.name,
                "CreationTime": stack.created,
                "StackStatus": stack.status,
                "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
            }
            for stack in self._stacks.by_id.values()
            if not wanted or stack.status in wanted
        ]
        return ActionResult({"StackSummaries": summaries})

    def describe_stack_events(self) -> ActionResult:
        return ActionResult({"StackEvents": self._stack().events[::-1]})

    def update_termination_protection(self) -> ActionResult:
        stack = self._stack()
        stack.termination_protection = bool(self._get_param("EnableTerminationProtection"))
        return ActionResult({"StackId": stack.stack_id})

    def get_stack_policy(self) -> ActionResult:
        policy = self._stack().policy
        return ActionResult({"StackPolicyBody": policy} if policy else {})

    def set_stack_policy(self) -> ActionResult:
        self._stack().policy = self._get_param("StackPolicyBody")
        return EmptyResult()

    # resources

    def describe_stack_resources(self) -> ActionResult:
        return ActionResult({"StackResources": [_described(*pair) for pair in self._resources()]})

    def describe_stack_resource(self) -> ActionResult:
        found = self._resources()
        if not found:
            name = self._get_param("LogicalResourceId")
            raise ValidationError(f"Resource {name} does not exist for stack {self._get_param('StackName')}")
        stack, resource = found[0]
        described = _described(stack, resource)
        return ActionResult({"StackResourceDetail": described | {"LastUpdatedTimestamp": resource.changed}})

    def list_stack_resources(self) -> ActionResult:
        summaries = [_described(*pair) | {"LastUpdatedTimestamp": pair[1].changed} for pair in self._resources()]
        return ActionResult({"StackResourceSummaries": summaries})

    def _resources(self) -> list[tuple[Stack, StackResource]]:
        stack = self._stack()
        if not stack.alive:
            return []
        wanted = self._get_param("LogicalResourceId")
        return [(stack, item) for item in stack.resources.values() if wanted in (None, item.logical_id)]

    # templates

    def get_template(self) -> ActionResult:
        name = self._get_param("ChangeSetName")
        if name:
            template: Template | None = self._stacks.find_change_set(name, self._get_param("StackName"))[0].template
        else:
            template = self._stack().template
        # A stack in REVIEW_IN_PROGRESS has no template yet; the CDK CLI asks for it and takes an empty one.
        body = template.body if template else "{}"
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def get_template_summary(self) -> ActionResult:
        body = self._template_body()
        template = Template.parse(body) if body is not None else self._stack().template
        if template is None:
            raise ValidationError("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
        identifiers = []
        for kind in sorted({resource["Type"] for resource in template.resources.values()}):
            schema = schema_of(kind)
            identifiers.append(
                {
                    "ResourceType": kind,
                    "ResourceIdentifiers": list(schema.identifier) if schema else [],
                    "LogicalResourceIds": [n for n, item in template.resources.items() if item["Type"] == kind],
                }
            )
        return ActionResult(
            {
                "Description": template.document.get("Description", ""),
                "Parameters": _declared_parameters(template),
                "ResourceTypes": sorted({resource["Type"] for resource in template.resources.values()}),
                "ResourceIdentifierSummaries": identifiers,
            }
        )

    def validate_template(self) -> ActionResult:
        template = Template.parse(self._template_body() or "")
        template.order()
        return ActionResult(
            {"Description": template.document.get("Description", ""), "Parameters": _declared_parameters(template)}
        )

    # change sets

    def create_change_set(self) -> ActionResult:
        change_set, stack = self._stacks.create_change_set(self._request, self._template_body())
        return ActionResult({"Id": change_set.change_set_id, "StackId": stack.stack_id})

    def describe_change_set(self) -> ActionResult:
        found = self._stacks.find_change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        return ActionResult(found[0].described(found[1]))

    def delete_change_set(self) -> ActionResult:
        self._stacks.delete_change_set(self._get_param("ChangeSetName"), self._get_param("StackName"))
        return EmptyResult()

    def execute_change_set(self) -> ActionResult:
        self._stacks.execute_change_set(self._request)
        return EmptyResult()

    def list_change_sets(self) -> ActionResult:
        stack = self._stack()
        return ActionResult({"Summaries": [change_set.summary(stack) for change_set in stack.change_sets.values()]})

    # exports

    def list_exports(self) -> ActionResult:
        exports = [
            {"ExportingStackId": export.stack_id, "Name": export.name, "Value": export.value}
            for export in self._stacks.environment.exports.values()
        ]
        return ActionResult({"Exports": exports})

    def list_imports(self) -> ActionResult:
        name = self._get_param("ExportName")
        export = self._stacks.environment.exports.get(name)
        if export is None or not export.importers:
            raise ValidationError(f"Export '{name}' is not imported by any stack.")
        return ActionResult({"Imports": sorted(export.importers)})


def _described(stack: Stack, resource: StackResource) -> dict[str, Any]:
    described: dict[str, Any] = {
        "StackName": stack.name,
        "StackId": stack.stack_id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.resource_type,
        "Timestamp": resource.changed,
        "ResourceStatus": resource.status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }
    return described | ({"ResourceStatusReason": resource.reason} if resource.reason else {})


def _declared_parameters(template: Template) -> list[dict[str, Any]]:
    return [
        {
            "ParameterKey": key,
            "ParameterType": declaration.get("Type", "String"),
            "Description": declaration.get("Description", ""),
            "NoEcho": str(declaration.get("NoEcho", False)).lower() == "true",
        }
        | ({"DefaultValue": str(declaration["Default"])} if "Default" in declaration else {})
        for key, declaration in template.parameters.items()
    ]
