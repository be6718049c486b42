"""A control plane of their own for the tests of a module, and stacks in it."""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[3]
REGION = "eu-central-1"
ACCOUNT = "123456789012"


@cache
def _client(url: str, service: str) -> Any:
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return boto3.session.Session("any", "any", region_name=REGION).client(service, endpoint_url=url, config=config)


@dataclass(frozen=True)
class ControlPlane:
    """A running control plane."""

    url: str

    def client(self, service: str) -> Any:
        return _client(self.url, service)

    def deploy(self, template: dict[str, Any], name: str | None = None, **request: Any) -> "DeployedStack":
        """Creates or updates a stack by a change set, as the CDK CLI does."""
        cloudformation = self.client("cloudformation")
        stack = name or f"stack-{uuid.uuid4().hex[:8]}"
        known = {item["StackName"] for item in cloudformation.describe_stacks()["Stacks"]}
        change_set = cloudformation.create_change_set(
            StackName=stack,
            ChangeSetName="deploy",
            ChangeSetType="UPDATE" if stack in known else "CREATE",
            TemplateBody=json.dumps(template),
            **request,
        )
        described = cloudformation.describe_change_set(ChangeSetName=change_set["Id"])
        assert described["Status"] == "CREATE_COMPLETE", described["StatusReason"]
        cloudformation.execute_change_set(ChangeSetName=change_set["Id"])
        return DeployedStack(self, stack, change_set["StackId"])


@dataclass(frozen=True)
class DeployedStack:
    """A stack after a deployment, whatever became of it."""

    plane: ControlPlane
    name: str
    stack_id: str

    def described(self) -> dict[str, Any]:
        answer = self.plane.client("cloudformation").describe_stacks(StackName=self.stack_id)
        stack: dict[str, Any] = answer["Stacks"][0]
        return stack

    @property
    def status(self) -> str:
        return str(self.described()["StackStatus"])

    def outputs(self) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self.described().get("Outputs", [])}

    def events(self) -> list[tuple[str, str, str]]:
        """(logical id, status, reason), the oldest first."""
        answer = self.plane.client("cloudformation").describe_stack_events(StackName=self.stack_id)
        return [
            (event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""))
            for event in reversed(answer["StackEvents"])
        ]

    def reasons(self) -> str:
        return "\n".join(reason for _, status, reason in self.events() if status.endswith("FAILED"))

    def physical_id(self, logical_id: str) -> str:
        answer = self.plane.client("cloudformation").describe_stack_resource(
            StackName=self.stack_id, LogicalResourceId=logical_id
        )
        return str(answer["StackResourceDetail"]["PhysicalResourceId"])

    def update(self, template: dict[str, Any], **request: Any) -> "DeployedStack":
        return self.plane.deploy(template, self.name, **request)

    def delete(self) -> None:
        self.plane.client("cloudformation").delete_stack(StackName=self.name)
        assert self.status == "DELETE_COMPLETE", self.reasons()


@contextmanager
def running_control_plane() -> Iterator[ControlPlane]:
    """Starts `python -m local_aws.control_plane` on a free port and ends it."""
    command = [sys.executable, "-m", "local_aws.control_plane", "--port", "0", "--log-level", "ERROR"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("listening on http://"), line
            # `localhost` as `make local` says it: the CDK CLI's template URLs must work with it.
            port = line.strip().rsplit(":", 1)[-1]
            yield ControlPlane(f"http://localhost:{port}")
        finally:
            process.terminate()
            process.wait(10)


def resource(kind: str, properties: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties or {}, **other}


def template(resources: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {"Resources": resources, **sections}


def parameter(value: str | dict[str, Any], **properties: Any) -> dict[str, Any]:
    return resource("AWS::SSM::Parameter", {"Type": "String", "Value": value, **properties})


def get_att(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def role(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": document})


def vpc_resources() -> dict[str, Any]:
    """A VPC with one subnet and one security group."""
    return {
        "Vpc": resource("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": True}),
        "Subnet": resource(
            "AWS::EC2::Subnet",
            {
                "VpcId": {"Ref": "Vpc"},
                "CidrBlock": "10.0.0.0/24",
                "AvailabilityZone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
            },
        ),
        "Group": resource("AWS::EC2::SecurityGroup", {"GroupDescription": "models", "VpcId": {"Ref": "Vpc"}}),
    }
