"""A VPC without a way to the internet, for the models and the front."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge

HTTPS = ec2.Port.tcp(443)


class IsolatedNetwork(Construct):
    """Private isolated subnets in `zones` availability zones: no internet gateway, no NAT.

    What leaves the VPC goes through two endpoints: S3 (gateway) for the models' artifacts, which SageMaker fetches
    through these subnets, and the SageMaker runtime (interface) for the front's calls.

    Args:
        cidr: address range of the VPC.
        zones: number of availability zones; SageMaker asks for two at least.
        readable_buckets: names of the only S3 buckets that the S3 endpoint lets through.
        invocable_endpoints: ARNs (or patterns) of the only endpoints that the runtime endpoint lets through.

    Attributes:
        vpc: the VPC.
        subnets: its isolated subnets.
        front_security_group: for the front: may open connections to the SageMaker runtime endpoint and nothing else.
        model_security_group: for the models: may open HTTPS connections; the only route leads to S3.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cidr: str,
        zones: int,
        readable_buckets: Sequence[str],
        invocable_endpoints: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            # Names are resolved when the stack is deployed: asking the account for them at synth would need a network.
            availability_zones=[Fn.select(index, Fn.get_azs()) for index in range(zones)],
            nat_gateways=0,
            create_internet_gateway=False,
            # Emptying the default group takes a custom resource; nothing of this deployment uses the group.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
            ],
        )
        acknowledge(
            self.vpc, "VPC7", "The VPC has no way out; what its two endpoints let through is recorded by CloudTrail."
        )
        self.subnets: list[ec2.ISubnet] = self.vpc.isolated_subnets
        self.front_security_group = self._security_group("FrontSecurityGroup", "Front: calls the SageMaker runtime")
        self.model_security_group = self._security_group("ModelSecurityGroup", "Models: fetch artifacts from S3")
        # S3's addresses are public ones in a managed prefix list whose id only a lookup would tell.
        self.model_security_group.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "S3 through the gateway endpoint")
        self._add_s3_endpoint(readable_buckets)
        self._add_runtime_endpoint(invocable_endpoints)

    def _security_group(self, construct_id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _add_s3_endpoint(self, buckets: Sequence[str]) -> None:
        endpoint = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
                resources=[arn for bucket in buckets for arn in (_bucket_arn(bucket), f"{_bucket_arn(bucket)}/*")],
            )
        )

    def _add_runtime_endpoint(self, endpoint_arns: Sequence[str]) -> None:
        group = self._security_group("RuntimeEndpointSecurityGroup", "SageMaker runtime endpoint: called by the front")
        group.add_ingress_rule(self.front_security_group, HTTPS, "From the front")
        self.front_security_group.add_egress_rule(group, HTTPS, "To the SageMaker runtime endpoint")
        endpoint = self.vpc.add_interface_endpoint(
            "SageMakerRuntime",
            service=ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_RUNTIME,
            subnets=ec2.SubnetSelection(subnets=self.subnets),
            security_groups=[group],
            open=False,
            private_dns_enabled=True,
        )
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()], actions=["sagemaker:InvokeEndpoint"], resources=list(endpoint_arns)
            )
        )


def _bucket_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{name}"
