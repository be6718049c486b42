"""Every config of the matrix is deployed into the emulated AWS, deployed again, changed, and destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.infrastructure.matrix import MATRIX, synthesise

from .control_plane import CloudFormation, client, control_plane


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


@pytest.mark.parametrize("name", MATRIX)
def test_deployed_twice_changed_and_destroyed(cloudformation: CloudFormation, name: str, tmp_path: Path) -> None:
    first, second = MATRIX[name].first, MATRIX[name].second
    if "existing" in first:
        both = with_existing_vpc(f"{first}=====\n{second}", cloudformation.aws_url)
        first, second = both.split("=====\n")

    assert cloudformation.deploy(synthesise(name, first, tmp_path), name) == ["network", "models", "api"]
    assert cloudformation.deploy(tmp_path / f"{name}.out", name) == []
    assert cloudformation.deploy(synthesise(name, second, tmp_path), name)
    cloudformation.destroy(name)
