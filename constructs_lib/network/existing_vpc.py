"""An existing VPC, known by its ids only."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_warning


class ExistingVpc(Construct):
    """Subnets of a VPC that is managed elsewhere, with its flow logs and routes. Nothing is looked up.

    Args:
        vpc_id: for example "vpc-0123456789abcdef0".
        subnet_ids: at least two subnets, each in a different zone.
        route_table_ids: the subnets' route tables, for a gateway endpoint.

    Attributes:
        vpc: the VPC.
        subnets: the subnets.
        route_table_ids: as given.
        subnet_owner: the account that the subnets belong to: any, since a VPC may be shared by another account.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc_id: str,
        subnet_ids: Sequence[str],
        route_table_ids: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        # Only a lookup would tell the zones; CDK wants one a subnet and puts them into no template.
        zones = [f"zone{index}" for index in range(len(subnet_ids))]
        self.vpc: ec2.IVpc = ec2.Vpc.from_vpc_attributes(
            self, "Vpc", vpc_id=vpc_id, availability_zones=zones, isolated_subnet_ids=list(subnet_ids)
        )
        acknowledge_warning(
            self,
            "@aws-cdk/aws-ec2:noSubnetRouteTableId",
            "Nobody asks these subnets for their route tables; a gateway endpoint is given them by their ids.",
        )
        self.subnets: list[ec2.ISubnet] = self.vpc.isolated_subnets
        self.route_table_ids = list(route_table_ids)
        self.subnet_owner = "*"
