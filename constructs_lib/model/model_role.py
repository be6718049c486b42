"""The execution role that SageMaker assumes to serve a model."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge, acknowledge_wildcard
from constructs_lib.network.isolated_network import IsolatedNetwork
from falconry.catalog import CatalogModel, Region, Weights
from falconry.names import INSTANCE_METRICS_NAMESPACE


class ModelRole(Construct):
    """It allows what serving the model needs and no more: read its weights, pull its image, write its endpoint's
    logs, put network interfaces into its subnets.

    The list is the one in SageMaker's developer guide ("CreateModel API: Execution Role Permissions"), each action on
    the narrowest resource that it knows.

    Args:
        model: the catalog's entry.
        region: the region deployed to.
        weights: the location of the weights.
        log_group: the name of the log group of its containers.
        network: the subnets and security group of the model's interfaces.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: CatalogModel,
        region: Region,
        weights: Weights,
        log_group: str,
        network: IsolatedNetwork,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        account = stack.account
        log_group_arn = f"arn:{Aws.PARTITION}:logs:{stack.region}:{account}:log-group:{log_group}"
        interfaces = f"arn:{Aws.PARTITION}:ec2:{stack.region}:{account}:network-interface/*"
        self.role = iam.Role(
            self,
            "Role",
            description=f"SageMaker serves {model.name}, logs to {log_group}",
            # SageMaker assumes it for this account's models only, not on another customer's behalf.
            assumed_by=iam.ServicePrincipal(
                "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": account}}
            ),
            # In the role itself, not in a policy beside it: SageMaker checks both when the model is created.
            inline_policies={
                "ReadArtifacts": iam.PolicyDocument(statements=_read_artifacts(weights)),
                "PullImage": iam.PolicyDocument(statements=_pull_image(model, region)),
                "WriteLogs": iam.PolicyDocument(statements=_write_logs(log_group_arn)),
                "JoinNetwork": iam.PolicyDocument(statements=_join_network(stack, network, interfaces)),
            },
        )
        acknowledge(
            self.role,
            "IAMNoInlinePolicy",
            "SageMaker checks the permissions when a model is created, so they are made with the role, not after it.",
            NIST,
        )
        acknowledge_wildcard(self.role, "*", "Only for actions that take no resource; see each statement.")
        acknowledge_wildcard(self.role, f"{log_group_arn}:*", "The streams of the endpoint's own log group.")
        acknowledge_wildcard(self.role, interfaces, "An interface has no id before SageMaker makes it.")
        objects = weights.object_arn(Aws.PARTITION)
        if objects.endswith("*"):
            acknowledge_wildcard(self.role, objects, "The files below the weights' own prefix.")
        for arn in network.subnet_arns:
            if "*" in arn:
                acknowledge_wildcard(self.role, arn, "One subnet by its id; a shared VPC's belongs to another account.")


def _read_artifacts(weights: Weights) -> list[iam.PolicyStatement]:
    statements = [
        iam.PolicyStatement(sid="GetWeights", actions=["s3:GetObject"], resources=[weights.object_arn(Aws.PARTITION)]),
        iam.PolicyStatement(
            sid="ListWeights",
            actions=["s3:ListBucket"],
            resources=[weights.bucket_arn(Aws.PARTITION)],
            conditions={"StringLike": {"s3:prefix": f"{weights.prefix}*"}},
        ),
    ]
    if weights.key_arn:
        statements.append(
            iam.PolicyStatement(sid="DecryptWeights", actions=["kms:Decrypt"], resources=[weights.key_arn])
        )
    return statements


def _pull_image(model: CatalogModel, region: Region) -> list[iam.PolicyStatement]:
    repository = f"arn:{Aws.PARTITION}:ecr:{region.name}:{region.image_account}:repository/{model.repository}"
    return [
        iam.PolicyStatement(
            sid="PullImage",
            actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            resources=[repository],
        ),
        # The action takes no resource (Service Authorization Reference, Amazon ECR).
        iam.PolicyStatement(sid="LogInToRegistry", actions=["ecr:GetAuthorizationToken"], resources=["*"]),
    ]


def _write_logs(log_group: str) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="WriteLogs",
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[log_group, f"{log_group}:*"],
        ),
        # The action takes no resource; the namespaces are those in which SageMaker reports on endpoints.
        iam.PolicyStatement(
            sid="PutMetrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", INSTANCE_METRICS_NAMESPACE]}},
        ),
    ]


def _join_network(stack: Stack, network: IsolatedNetwork, interfaces: str) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="MakeInterfaces",
            actions=["ec2:CreateNetworkInterface"],
            resources=[interfaces, *network.subnet_arns, _security_group_arn(stack, network)],
        ),
        # An interface knows its subnet: the role can hand over or delete those in the model's subnets only.
        iam.PolicyStatement(
            sid="HandOverInterfaces",
            actions=["ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"],
            resources=[interfaces],
            conditions=_in_subnets(network.subnet_arns),
        ),
        # A permission is deleted by an id of its own, which is no part of any ARN.
        iam.PolicyStatement(
            sid="TakeBackInterfaces", actions=["ec2:DeleteNetworkInterfacePermission"], resources=["*"]
        ),
        # The Describe actions take no resource (Service Authorization Reference, Amazon EC2).
        iam.PolicyStatement(
            sid="LookAtNetwork",
            actions=[
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            resources=["*"],
        ),
    ]


def _security_group_arn(stack: Stack, network: IsolatedNetwork) -> str:
    group = network.model_security_group.security_group_id
    return f"arn:{Aws.PARTITION}:ec2:{stack.region}:{stack.account}:security-group/{group}"


def _in_subnets(arns: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    return {"ArnLike": {"ec2:Subnet": list(arns)}}
