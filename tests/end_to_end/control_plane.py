"""The control plane of the emulated AWS alone, and CloudFormation on it without the CDK's command line, for speed."""

from __future__ import annotations

import io
import json
import socket
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from local_aws.guardian import Guardian
from local_aws.ports import free_port
from local_aws.server import Server

from falconry.assembly.cloud_assembly import read
from falconry.names import DELIVERY_STACK, STACKS, DeploymentNames

REGION = "us-east-1"
ACCOUNT = "123456789012"
ALL_STACKS = (*STACKS, DELIVERY_STACK)
"""In the order that they are deployed in. Only some configs have the last one."""


@contextmanager
def control_plane(log_file: Path) -> Iterator[str]:
    """The URL of a control plane that ends with the context."""
    port = free_port()
    guardian = Guardian()
    guardian.start()
    arguments = ("control plane", "local_aws.control_plane", "--port", str(port))
    server = Server(*arguments, environment={}, log_file=log_file, guardian=guardian)
    try:
        deadline = time.monotonic() + 60
        with socket.socket() as probe:
            while probe.connect_ex(("127.0.0.1", port)) != 0:
                assert server.running, server.last_words
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        server.stop()
        guardian.stop()


@cache
def client(aws_url: str, service: str) -> Any:
    """A boto3 client of the emulated AWS; making one takes longer than most calls."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client(service, region_name=REGION, endpoint_url=aws_url, **credentials)


@dataclass(frozen=True, slots=True)
class CloudFormation:
    """Deploys synthesized assemblies with the calls that the CDK's command line makes."""

    aws_url: str

    def prepare(self) -> None:
        """What `cdk bootstrap` leaves and templates refer to: the version, and the bucket for assets."""
        client(self.aws_url, "s3").create_bucket(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}")
        client(self.aws_url, "ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")

    def deploy(self, assembly: Path, deployment: str) -> list[str]:
        """Deploy the stacks of `deployment` in their order; the names of those that were changed."""
        stacks = stacks_of(assembly, deployment)
        changed = [stack for stack in stacks if self._deploy_stack(assembly, DeploymentNames(deployment).stack(stack))]
        described = read(assembly).stacks
        for stack in stacks:
            name = DeploymentNames(deployment).stack(stack)
            protected = described[name].termination_protection
            client(self.aws_url, "cloudformation").update_termination_protection(
                StackName=name, EnableTerminationProtection=protected
            )
        return changed

    def kept(self, assembly: Path, deployment: str) -> list[tuple[str, str]]:
        """Types and physical ids of the deployed resources that are to outlive their stacks."""
        found = []
        for stack in stacks_of(assembly, deployment):
            name = DeploymentNames(deployment).stack(stack)
            template = read(assembly).stacks[name].template["Resources"]
            described = client(self.aws_url, "cloudformation").describe_stack_resources(StackName=name)
            found += [
                (resource["ResourceType"], resource["PhysicalResourceId"])
                for resource in described["StackResources"]
                if template[resource["LogicalResourceId"]].get("DeletionPolicy") == "Retain"
            ]
        return found

    def destroy(self, deployment: str) -> None:
        """Delete the stacks, in the order that `cdk destroy` takes."""
        cloudformation = client(self.aws_url, "cloudformation")
        for stack in reversed(ALL_STACKS):
            cloudformation.delete_stack(StackName=DeploymentNames(deployment).stack(stack))
        left = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
        assert not [name for name in left if name.startswith(DeploymentNames(deployment).stack(""))], left

    def _deploy_stack(self, assembly: Path, name: str) -> bool:
        self._publish(assembly, name)
        cloudformation = client(self.aws_url, "cloudformation")
        exists = any(stack["StackName"] == name for stack in cloudformation.describe_stacks()["Stacks"])
        change_set = cloudformation.create_change_set(
            StackName=name,
            ChangeSetName="test",
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateBody=(assembly / f"{name}.template.json").read_text(encoding="utf-8"),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )["Id"]
        described = cloudformation.describe_change_set(ChangeSetName=change_set)
        if described["Status"] == "FAILED":
            assert "didn't contain changes" in described["StatusReason"], described["StatusReason"]
            cloudformation.delete_change_set(ChangeSetName=change_set)
            return False
        cloudformation.execute_change_set(ChangeSetName=change_set)
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), self._reasons(name)
        return True

    def _reasons(self, name: str) -> list[str]:
        events = client(self.aws_url, "cloudformation").describe_stack_events(StackName=name)["StackEvents"]
        return [event["ResourceStatusReason"] for event in events if event.get("ResourceStatusReason")]

    def _publish(self, assembly: Path, name: str) -> None:
        s3 = client(self.aws_url, "s3")
        files = json.loads((assembly / f"{name}.assets.json").read_text(encoding="utf-8"))["files"]
        for file in files.values():
            source = assembly / file["source"]["path"]
            if source.is_dir():
                for destination in file["destinations"].values():
                    key = destination["objectKey"]
                    s3.put_object(Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}", Key=key, Body=_zipped(source))


def stacks_of(assembly: Path, deployment: str) -> list[str]:
    """The stacks that an assembly has."""
    made = read(assembly).stacks
    return [stack for stack in ALL_STACKS if DeploymentNames(deployment).stack(stack) in made]


def _zipped(folder: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return buffer.getvalue()
