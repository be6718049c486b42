"""Every config of the matrix is deployed into the emulated AWS, deployed again, changed, and destroyed.

What the config wants kept is there afterwards, as it was, and nothing else is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infrastructure.matrix import MATRIX, PRODUCTION, synthesize

from .control_plane import CloudFormation, client, control_plane, stacks_of

STATES: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
    "AWS::ApiGateway::Account": ("apigateway", lambda c, _: c.get_account()["cloudwatchRoleArn"]),
    "AWS::IAM::Role": ("iam", lambda c, name: c.get_role(RoleName=name)["Role"]["Arn"]),
    "AWS::KMS::Key": ("kms", lambda c, key: c.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]),
    "AWS::Logs::LogGroup": (
        "logs",
        lambda c, name: [
            (group["logGroupName"], group["kmsKeyId"], group["retentionInDays"])
            for group in c.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        ],
    ),
    "AWS::S3::Bucket": (
        "s3",
        lambda c, name: [
            c.get_bucket_versioning(Bucket=name)["Status"],
            c.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"],
            c.list_objects_v2(Bucket=name)["KeyCount"],
        ],
    ),
    "AWS::S3::BucketPolicy": ("s3", lambda c, name: c.get_bucket_policy(Bucket=name)["Policy"]),
}
"""Resource type -> the service that knows it, and what it says of the resource. Raises or gives nothing if it is gone.
"""
OF_THE_ACCOUNT = {"AWS::ApiGateway::Account", "AWS::IAM::Role"}
"""API Gateway's role for logs is the whole account's: it stays whatever the config says."""


@pytest.fixture(scope="module")
def cloudformation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudFormation]:
    with control_plane(tmp_path_factory.mktemp("control-plane") / "log") as aws_url:
        prepared = CloudFormation(aws_url)
        prepared.prepare()
        yield prepared


def with_existing_vpc(text: str, aws_url: str) -> str:
    """The config with the ids of a VPC that is really there."""
    ec2 = client(aws_url, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    text = text.replace("vpc-0123456789abcdef0", vpc).replace("rtb-0123456789abcdef0", table)
    for index, zone in enumerate(("us-east-1a", "us-east-1b")):
        cidr = f"10.9.{index}.0/24"
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        text = text.replace(f"subnet-0123456789abcdef{index}", subnet)
    return text


def publish_weights(aws_url: str, deployment: str) -> None:
    """What `falconry mirror` leaves for a deploy (tests/end_to_end/test_mirror.py)."""
    client(aws_url, "ssm").put_parameter(
        Name=f"/falconry/{deployment}/artifacts/falcon-7b-instruct",
        Type="StringList",
        Value="models/falcon-7b-instruct/0123456789abcdef/,S3Prefix,None",
    )


def states(aws_url: str, resources: list[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """What is known of each of the resources now."""
    found = {}
    for resource_type, physical_id in resources:
        service, describe = STATES[resource_type]
        found[resource_type, physical_id] = describe(client(aws_url, service), physical_id)
    return found


@pytest.mark.parametrize("name", MATRIX)
def test_deployed_twice_changed_and_destroyed(cloudformation: CloudFormation, name: str, tmp_path: Path) -> None:
    first, second = MATRIX[name].first, MATRIX[name].second
    if "existing" in first:
        both = with_existing_vpc(f"{first}=====\n{second}", cloudformation.aws_url)
        first, second = both.split("=====\n")
    if "artifact_bucket" in first:
        publish_weights(cloudformation.aws_url, name)

    assembly = synthesize(name, first, tmp_path)
    assert cloudformation.deploy(assembly, name) == stacks_of(assembly, name)
    assert cloudformation.deploy(tmp_path / f"{name}.out", name) == []
    assert cloudformation.deploy(synthesize(name, second, tmp_path), name)
    kept = cloudformation.kept(tmp_path / f"{name}.out", name)
    before = states(cloudformation.aws_url, kept)
    cloudformation.destroy(name)

    assert all(before.values())
    assert states(cloudformation.aws_url, kept) == before
    if "retain_data: false" in second:
        assert {resource_type for resource_type, _ in kept} == OF_THE_ACCOUNT


def test_production_is_protected_and_its_data_outlives_it(cloudformation: CloudFormation, tmp_path: Path) -> None:
    s3 = client(cloudformation.aws_url, "s3")
    cloudformation.deploy(synthesize("bank", PRODUCTION, tmp_path), "bank")
    (artifacts,) = {name for name in _buckets(s3) if name.startswith("falconry-bank") and not name.endswith("-logs")}
    s3.put_object(Bucket=artifacts, Key="models/weights", Body=b"weights")

    # WHEN somebody destroys it THEN CloudFormation refuses.
    with pytest.raises(ClientError, match="TerminationProtection is enabled"):
        cloudformation.destroy("bank")

    # WHEN the config gave the protection up first THEN the stacks go, and weights, key and audit logs stay.
    cloudformation.deploy(synthesize("bank", PRODUCTION + "termination_protection: false\n", tmp_path), "bank")
    kept = cloudformation.kept(tmp_path / "bank.out", "bank")
    cloudformation.destroy("bank")
    assert {resource_type for resource_type, _ in kept} - OF_THE_ACCOUNT == {
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    }
    assert s3.get_object(Bucket=artifacts, Key="models/weights")["Body"].read() == b"weights"
    assert {artifacts, f"{artifacts}-logs"} <= _buckets(s3)


def _buckets(s3: Any) -> set[str]:
    return {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
