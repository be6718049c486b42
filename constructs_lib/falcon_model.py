"""A Falcon model as SageMaker knows it: image, weights, environment, role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from catalog import FalconModel as CatalogModel
from catalog import Region
from constructs_lib.acknowledgement import acknowledge_wildcard


class FalconModel(Construct):
    """A SageMaker model in network isolation, with an execution role that can do what serving it takes and no more.

    SageMaker fetches the weights from JumpStart's bucket through the given subnets; the container itself has no
    network. CloudFormation names the model, so that a changed one can replace it while the old one still serves.

    Args:
        model: the catalog's entry.
        region: the region deployed to: where image and weights come from.
        environment: the container's environment.
        endpoint_name: the endpoint that will serve it; the role may write that endpoint's logs only.
        subnets: isolated subnets in two zones or more.
        security_group: the security group of the model's network interfaces.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: CatalogModel,
        region: Region,
        environment: Mapping[str, str],
        endpoint_name: str,
        subnets: Sequence[ec2.ISubnet],
        security_group: ec2.ISecurityGroup,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "ExecutionRole",
            description=f"SageMaker serves {model.name} at {endpoint_name}",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            # In the role itself, not in a policy beside it: SageMaker checks both when the model is created.
            inline_policies={
                "ReadArtifacts": iam.PolicyDocument(statements=_read_artifacts(model, region)),
                "PullImage": iam.PolicyDocument(statements=_pull_image(model, region)),
                "WriteLogs": iam.PolicyDocument(statements=_write_logs(Stack.of(self), endpoint_name)),
                "JoinNetwork": iam.PolicyDocument(statements=_join_network()),
            },
        )
        log_streams = f"{_log_group(Stack.of(self), endpoint_name)}:*"
        acknowledge_wildcard(self.role, "*", "Only for actions that take no resource, or make it; see each statement.")
        acknowledge_wildcard(self.role, log_streams, "The streams of the endpoint's own log group.")
        if model.model_data_key.endswith("/"):
            acknowledge_wildcard(self.role, _weights(model, region), "The files below the weights' own prefix.")
        self.resource = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=self.role.role_arn,
            enable_network_isolation=True,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=[subnet.subnet_id for subnet in subnets],
                security_group_ids=[security_group.security_group_id],
            ),
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=f"{region.image_registry}/{model.image}",
                environment=dict(environment),
                model_data_source=sagemaker.CfnModel.ModelDataSourceProperty(
                    s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
                        s3_uri=f"s3://{region.jumpstart_bucket}/{model.model_data_key}",
                        s3_data_type=model.s3_data_type,
                        compression_type=model.compression_type,
                    )
                ),
            ),
        )

    @property
    def model_name(self) -> str:
        """The model's name, given by CloudFormation."""
        return self.resource.attr_model_name


def _weights(model: CatalogModel, region: Region) -> str:
    """The ARN of the archive, or the pattern of all files below the prefix."""
    every_file = "*" if model.model_data_key.endswith("/") else ""
    return f"{_bucket(region)}/{model.model_data_key}{every_file}"


def _bucket(region: Region) -> str:
    return f"arn:{Aws.PARTITION}:s3:::{region.jumpstart_bucket}"


def _log_group(stack: Stack, endpoint_name: str) -> str:
    return f"arn:{Aws.PARTITION}:logs:{stack.region}:{stack.account}:log-group:/aws/sagemaker/Endpoints/{endpoint_name}"


def _read_artifacts(model: CatalogModel, region: Region) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(actions=["s3:GetObject"], resources=[_weights(model, region)]),
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[_bucket(region)],
            conditions={"StringLike": {"s3:prefix": f"{model.model_data_key}*"}},
        ),
    ]


def _pull_image(model: CatalogModel, region: Region) -> list[iam.PolicyStatement]:
    repository = f"arn:{Aws.PARTITION}:ecr:{region.name}:{region.image_account}:repository/{model.repository}"
    return [
        iam.PolicyStatement(
            actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            resources=[repository],
        ),
        # The action takes no resource (Service Authorization Reference, Amazon ECR).
        iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
    ]


def _write_logs(stack: Stack, endpoint_name: str) -> list[iam.PolicyStatement]:
    group = _log_group(stack, endpoint_name)
    return [
        iam.PolicyStatement(
            actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            resources=[group, f"{group}:*"],
        ),
        # The action takes no resource; the namespaces are those in which SageMaker reports on endpoints.
        iam.PolicyStatement(
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": ["AWS/SageMaker", "/aws/sagemaker/Endpoints"]}},
        ),
    ]


def _join_network() -> list[iam.PolicyStatement]:
    """What SageMaker asks of the role of a model with a VpcConfig (developer guide, "Give SageMaker Hosted
    Endpoints Access to Resources in Your Amazon VPC")."""
    return [
        iam.PolicyStatement(
            actions=[
                "ec2:CreateNetworkInterface",
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
                "ec2:DescribeDhcpOptions",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcs",
            ],
            # The Describe actions take no resource, and the interfaces have no id before SageMaker makes them.
            resources=["*"],
        )
    ]
