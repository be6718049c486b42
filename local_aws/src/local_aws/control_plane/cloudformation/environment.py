"""What a deployment needs from its surroundings: adapters, clients, zones, exports, stored values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ..adapters.base import Adapter, Context
from . import parameters as stack_parameters
from .errors import TemplateError, ValidationError
from .intrinsics import Resolver, ResourceValues
from .stack import Parameter, Stack
from .template import Template


@dataclass(frozen=True)
class Export:
    """A value that one stack exports; `importers` are the names of the stacks that use it."""

    name: str
    value: str
    stack_id: str
    importers: set[str] = field(default_factory=set)


@dataclass
class Environment:
    """One account and region of the emulated AWS, as the CloudFormation engine sees it."""

    account: str
    region: str
    adapters: Mapping[str, Adapter]
    clients: Callable[[str], Any]
    exports: dict[str, Export] = field(default_factory=dict)

    def context(self, stack: Stack, logical_id: str) -> Context:
        return Context(self.account, self.region, stack.name, logical_id, self.clients)

    def resolver(
        self, stack: Stack, template: Template, parameters: Mapping[str, Parameter], resources: ResourceValues
    ) -> Resolver:
        return Resolver(
            template=template,
            parameters=stack_parameters.values(template, parameters),
            pseudo={
                "AWS::AccountId": self.account,
                "AWS::NotificationARNs": stack.notification_arns,
                "AWS::Partition": "aws",
                "AWS::Region": self.region,
                "AWS::StackId": stack.stack_id,
                "AWS::StackName": stack.name,
                "AWS::URLSuffix": "amazonaws.com",
            },
            resources=resources,
            imports=lambda name: self._imported(name, stack),
            stack_outputs=self._stack_output,
            zones=self._zones,
            dynamic=self._dynamic,
        )

    def stored_parameter(self, name: str) -> str:
        """The value of a parameter of the parameter store, for `AWS::SSM::Parameter::Value<...>`."""
        try:
            return str(self.clients("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
        except ClientError as error:
            raise ValidationError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from error

    def _imported(self, name: str, stack: Stack) -> str:
        export = self.exports.get(name)
        if export is None:
            raise TemplateError(f"No export named {name} found.")
        export.importers.add(stack.name)
        return export.value

    def _stack_output(self, stack_name: str, output_name: str, region: str) -> str:
        """A weak reference: read when it is resolved, and nothing keeps the other stack from changing the output."""
        if region != self.region:
            raise TemplateError(f"Fn::GetStackOutput: region {region} is not emulated here; {self.region} is.")
        try:
            (other,) = self.clients("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
        except ClientError as error:
            raise TemplateError(f"Fn::GetStackOutput: stack {stack_name} does not exist.") from error
        for output in other.get("Outputs", []):
            if output["OutputKey"] == output_name:
                return str(output["OutputValue"])
        raise TemplateError(f"Fn::GetStackOutput: stack {stack_name} has no output {output_name}.")

    def _zones(self, region: str) -> list[str]:
        answer = self.clients("ec2").describe_availability_zones(Filters=[{"Name": "region-name", "Values": [region]}])
        return [zone["ZoneName"] for zone in answer["AvailabilityZones"] if zone["State"] == "available"]

    def _dynamic(self, service: str, key: str) -> str:
        try:
            if service in ("ssm", "ssm-secure"):
                return self.stored_parameter(key)
        except (ClientError, KeyError, ValueError) as error:
            raise TemplateError(
                f"Dynamic reference {{{{resolve:{service}:{key}}}}} cannot be resolved: {error}"
            ) from error
        raise TemplateError(f"Dynamic reference to {service!r} is not supported; ssm and ssm-secure are.")
