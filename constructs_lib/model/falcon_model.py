"""A SageMaker model: image, weights, environment, role."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.model.model_role import ModelRole
from constructs_lib.network.isolated_network import IsolatedNetwork
from falconry.catalog import CatalogModel, Region, Weights


class FalconModel(Construct):
    """A SageMaker model in network isolation, with an execution role of its own.

    SageMaker fetches the weights through the network's subnets; the container itself has no network. CloudFormation
    names the model, so that a changed model can replace it while the old one still serves.

    Args:
        model: the catalog's entry.
        region: the region deployed to, which decides the image's registry.
        weights: the location of the weights.
        environment: the container's environment.
        log_group: the name of the only log group that the role may write to.
        network: private subnets in at least two zones.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: CatalogModel,
        region: Region,
        weights: Weights,
        environment: Mapping[str, str],
        log_group: str,
        network: IsolatedNetwork,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = ModelRole(
            self,
            "ExecutionRole",
            model=model,
            region=region,
            weights=weights,
            log_group=log_group,
            network=network,
        ).role
        self.resource = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=self.role.role_arn,
            enable_network_isolation=True,
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=[subnet.subnet_id for subnet in network.subnets],
                security_group_ids=[network.model_security_group.security_group_id],
            ),
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=f"{region.image_registry}/{model.image}",
                environment=dict(environment),
                model_data_source=sagemaker.CfnModel.ModelDataSourceProperty(
                    s3_data_source=sagemaker.CfnModel.S3DataSourceProperty(
                        s3_uri=weights.uri,
                        s3_data_type=weights.s3_data_type,
                        compression_type=weights.compression_type,
                    )
                ),
            ),
        )

    @property
    def model_name(self) -> str:
        """The model's name, given by CloudFormation."""
        return self.resource.attr_model_name
