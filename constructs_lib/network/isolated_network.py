"""The network of models and gateway function: private subnets, security groups, two VPC endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aws_cdk import Aws, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

HTTPS = ec2.Port.tcp(443)

PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""Private address ranges (RFC 1918, RFC 6598)."""


class PrivateSubnets(Protocol):
    """What `IsolatedVpc` and `ExistingVpc` have in common."""

    vpc: ec2.IVpc
    subnets: list[ec2.ISubnet]
    route_table_ids: list[str]
    subnet_owner: str


class IsolatedNetwork(Construct):
    """Security groups for models and gateway function in a VPC, and endpoints for what they call.

    Traffic leaves the VPC through two endpoints only: S3 (gateway) for the models' artifacts, which SageMaker fetches
    through these subnets, and the SageMaker runtime (interface) for the gateway function's calls. Logs, images and KMS
    need none: Lambda and SageMaker reach them from their own networks.

    Args:
        private_subnets: the VPC and its subnets.
        readable_buckets: names of the only S3 buckets that the S3 endpoint lets through.
        invocable_endpoints: ARNs (or patterns) of the only endpoints that the runtime endpoint lets through.
        create_endpoints: whether to create the two endpoints, or the VPC has them already. Default: create them.
        audit_bucket: the bucket for audit records, which the S3 endpoint then lets through. Default: none.

    Attributes:
        vpc: the VPC.
        subnets: its private subnets.
        subnet_arns: their ARNs; with any account where a VPC may be shared.
        front_security_group: for the gateway function: connections to the SageMaker runtime endpoint only; with an
            audit bucket any HTTPS connection, whose only route leads to S3.
        model_security_group: for the models: HTTPS connections, whose only route leads to S3.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        private_subnets: PrivateSubnets,
        readable_buckets: Sequence[str],
        invocable_endpoints: Sequence[str],
        create_endpoints: bool = True,
        audit_bucket: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = private_subnets.vpc
        self.subnets = private_subnets.subnets
        self._subnet_ids = [subnet.subnet_id for subnet in private_subnets.subnets]
        owner = f"arn:{Aws.PARTITION}:ec2:{Stack.of(self).region}:{private_subnets.subnet_owner}"
        self.subnet_arns = [f"{owner}:subnet/{subnet_id}" for subnet_id in self._subnet_ids]
        self.front_security_group = self._security_group("FrontSecurityGroup", "Front: calls the SageMaker runtime")
        self.model_security_group = self._security_group("ModelSecurityGroup", "Models: fetch artifacts from S3")
        # S3's addresses are public ones in a managed prefix list whose id only a lookup would tell.
        self.model_security_group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "S3 through the gateway endpoint")
        if audit_bucket:
            self.front_security_group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "Audit records to S3")
        if create_endpoints:
            self._add_s3_endpoint(private_subnets.route_table_ids, readable_buckets, audit_bucket)
            self._add_runtime_endpoint(invocable_endpoints)
        else:
            # The endpoint's security group is unknown, but an interface endpoint has a private address.
            for addresses in PRIVATE_RANGES:
                self.front_security_group.add_egress_rule(ec2.Peer.ipv4(addresses), HTTPS, "The VPC's own endpoint")

    def _security_group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _add_s3_endpoint(
        self, route_table_ids: Sequence[str], buckets: Sequence[str], audit_bucket: str | None
    ) -> None:
        # For SageMaker, which fetches a model's weights through the model's subnets. A gateway endpoint costs nothing.
        records = []
        if audit_bucket:
            account = {"StringEquals": {"aws:PrincipalAccount": Stack.of(self).account}}
            resource = f"{_bucket_arn(audit_bucket)}/*"
            records = [{"Action": "s3:PutObject", "Resource": resource, "Condition": account}]
        ec2.CfnVPCEndpoint(
            self,
            "S3",
            vpc_endpoint_type="Gateway",
            vpc_id=self.vpc.vpc_id,
            service_name=f"com.amazonaws.{Stack.of(self).region}.s3",
            route_table_ids=list(route_table_ids),
            policy_document=_policy(
                {"Action": "s3:ListBucket", "Resource": [_bucket_arn(bucket) for bucket in buckets]},
                {"Action": "s3:GetObject", "Resource": [f"{_bucket_arn(bucket)}/*" for bucket in buckets]},
                *records,
            ),
        )

    def _add_runtime_endpoint(self, endpoint_arns: Sequence[str]) -> None:
        # The gateway function's only way to the models; billed by hour and zone, and by GB.
        group = self._security_group("RuntimeEndpointSecurityGroup", "SageMaker runtime endpoint: called by the front")
        group.add_ingress_rule(self.front_security_group, HTTPS, "From the front")
        self.front_security_group.add_egress_rule(group, HTTPS, "To the SageMaker runtime endpoint")
        stack = Stack.of(self)
        ec2.CfnVPCEndpoint(
            self,
            "SageMakerRuntime",
            vpc_endpoint_type="Interface",
            vpc_id=self.vpc.vpc_id,
            service_name=ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_RUNTIME.name,
            subnet_ids=self._subnet_ids,
            security_group_ids=[group.security_group_id],
            private_dns_enabled=True,
            policy_document=_policy(
                {
                    # The streaming call asks for this permission too (API reference).
                    "Action": "sagemaker:InvokeEndpoint",
                    "Resource": list(endpoint_arns),
                    "Condition": {"StringEquals": {"aws:PrincipalAccount": stack.account}},
                }
            ),
        )


def _policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """An endpoint's policy: allows any principal in the VPC, if their own policies do too."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", **statement} for statement in statements],
    }


def _bucket_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{name}"
