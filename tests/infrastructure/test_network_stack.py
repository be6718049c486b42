"""Nothing in the VPC can reach the internet, and its endpoints let through this deployment's traffic only."""

from __future__ import annotations

import json

from .conftest import Deployment


def test_there_is_no_way_to_the_internet(falcon_180b: Deployment) -> None:
    network = falcon_180b.network

    assert network.resources("AWS::EC2::InternetGateway") == []
    assert network.resources("AWS::EC2::NatGateway") == []
    assert network.resources("AWS::EC2::Route") == []
    assert not any(subnet["Properties"]["MapPublicIpOnLaunch"] for subnet in network.resources("AWS::EC2::Subnet"))


def test_subnets_lie_in_different_zones(falcon_180b: Deployment) -> None:
    zones = [json.dumps(s["Properties"]["AvailabilityZone"]) for s in falcon_180b.network.resources("AWS::EC2::Subnet")]

    assert len(zones) == len(set(zones)) == 2


def test_endpoints_name_what_they_let_through(falcon_180b: Deployment) -> None:
    policies = {
        endpoint["Properties"]["VpcEndpointType"]: json.dumps(endpoint["Properties"]["PolicyDocument"])
        for endpoint in falcon_180b.network.resources("AWS::EC2::VPCEndpoint")
    }

    assert set(policies) == {"Gateway", "Interface"}
    assert "jumpstart-cache-prod-us-east-1" in policies["Gateway"]
    assert "falconry-falcon-180b-" in policies["Gateway"]
    assert ":endpoint/falconry-falcon-180b-falcon-180b-chat" in policies["Interface"]


def test_no_security_group_lets_the_world_in(falcon_180b: Deployment) -> None:
    groups = falcon_180b.network.resources("AWS::EC2::SecurityGroup")
    rules = falcon_180b.network.resources("AWS::EC2::SecurityGroupIngress")

    assert not [group for group in groups if "SecurityGroupIngress" in group["Properties"]]
    assert all("SourceSecurityGroupId" in rule["Properties"] for rule in rules)
