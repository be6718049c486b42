"""A VPC without a route to the internet."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge


class IsolatedVpc(Construct):
    """Private isolated subnets, one per availability zone: no internet gateway, no NAT, no route out.

    Args:
        cidr: the VPC's address range.
        zones: the number of availability zones; SageMaker requires at least two.
        zone_names: zones of the stack's region by name, such as "us-east-1a", instead of a number. Default: the
            first `zones` zones.

    Attributes:
        vpc: the VPC.
        subnets: its isolated subnets.
        route_table_ids: their route tables.
        subnet_owner: the account that the subnets belong to.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, cidr: str, zones: int, zone_names: Sequence[str] = ()
    ) -> None:
        super().__init__(scope, construct_id)
        region = Stack.of(self).region
        self.vpc: ec2.IVpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            # Resolved when the stack is deployed: asking the account for its zones, or whether it has those that
            # are named, would need a network at synth.
            availability_zones=[Fn.join("", [Aws.REGION, name.removeprefix(region)]) for name in zone_names]
            or [Fn.select(index, Fn.get_azs()) for index in range(zones)],
            nat_gateways=0,
            create_internet_gateway=False,
            # Emptying the default group takes a custom resource; nothing of this deployment uses the group.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        acknowledge(
            self.vpc,
            "VPCDefaultSecurityGroupClosed",
            "CloudFormation cannot empty the default group. Nothing is in it, so its rules let nothing through.",
            NIST,
        )
        self.subnets: list[ec2.ISubnet] = self.vpc.isolated_subnets
        self.route_table_ids = [subnet.route_table.route_table_id for subnet in self.subnets]
        self.subnet_owner = Aws.ACCOUNT_ID
