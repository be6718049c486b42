"""A SageMaker endpoint that serves one Falcon model as an inference component, and can be scaled to zero."""

from __future__ import annotations

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.model.endpoint_log_group import EndpointLogGroup
from constructs_lib.model.endpoint_metrics import VARIANT_NAME, EndpointMetrics
from constructs_lib.model.endpoint_update import EndpointUpdate
from constructs_lib.model.falcon_endpoint import SAGEMAKER_MAXIMUM, acknowledge_no_key
from constructs_lib.model.falcon_model import FalconModel
from constructs_lib.network.isolated_network import IsolatedNetwork
from falconry.catalog import InstanceType

MEMORY_SHARE = 0.5
"""Of the instance's memory for one copy. JumpStart asks for half: 576 of 1152 GiB on ml.p4de.24xlarge, 1024 of 2048 on
ml.p5.48xlarge (SageMaker Python SDK, JumpStart's specification of falcon-180b)."""


class ComponentEndpoint(Construct, EndpointMetrics):
    """An endpoint whose instances follow the copies of an inference component, one copy per instance.

    The endpoint config has the network and the isolation, since it names no model. A component cannot be created
    without a copy, so a new deployment begins with one instance.

    Args:
        endpoint_name, component_name: the names, which never change.
        model: what it serves.
        network: the network of its instances, the same as the model's.
        log_group: of the component.
        instance_type: the catalog's entry.
        shards: how many of the instance's GPUs a copy uses.
        instances: the minimum and maximum number of instances.
        update: how a changed component replaces the serving one.
        alarm_names: alarms that roll an update back.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        component_name: str,
        model: FalconModel,
        network: IsolatedNetwork,
        log_group: EndpointLogGroup,
        instance_type: InstanceType,
        shards: int,
        instances: tuple[int, int],
        update: EndpointUpdate,
        alarm_names: list[str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.endpoint_name = endpoint_name
        min_instances, max_instances = instances
        self.config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            execution_role_arn=model.role.role_arn,
            enable_network_isolation=True,
            vpc_config=sagemaker.CfnEndpointConfig.VpcConfigProperty(
                subnets=[subnet.subnet_id for subnet in network.subnets],
                security_group_ids=[network.model_security_group.security_group_id],
            ),
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=VARIANT_NAME,
                    instance_type=instance_type.name,
                    initial_instance_count=max(1, min_instances),
                    managed_instance_scaling=sagemaker.CfnEndpointConfig.ManagedInstanceScalingProperty(
                        # One more than copies: a changed copy is created before the old one is deleted.
                        status="ENABLED",
                        min_instance_count=min_instances,
                        max_instance_count=max_instances + 1,
                    ),
                    routing_config=sagemaker.CfnEndpointConfig.RoutingConfigProperty(
                        routing_strategy="LEAST_OUTSTANDING_REQUESTS"
                    ),
                )
            ],
        )
        acknowledge_no_key(self.config)
        endpoint = sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=endpoint_name, endpoint_config_name=self.config.attr_endpoint_config_name
        )
        hour = int(SAGEMAKER_MAXIMUM.to_seconds())
        self.resource = sagemaker.CfnInferenceComponent(
            self,
            "Component",
            inference_component_name=component_name,
            endpoint_name=endpoint_name,
            variant_name=VARIANT_NAME,
            specification=sagemaker.CfnInferenceComponent.InferenceComponentSpecificationProperty(
                model_name=model.model_name,
                compute_resource_requirements=(
                    sagemaker.CfnInferenceComponent.InferenceComponentComputeResourceRequirementsProperty(
                        number_of_accelerator_devices_required=shards,
                        min_memory_required_in_mb=int(instance_type.memory_gib * 1024 * MEMORY_SHARE),
                    )
                ),
                startup_parameters=sagemaker.CfnInferenceComponent.InferenceComponentStartupParametersProperty(
                    model_data_download_timeout_in_seconds=hour, container_startup_health_check_timeout_in_seconds=hour
                ),
            ),
            runtime_config=sagemaker.CfnInferenceComponent.InferenceComponentRuntimeConfigProperty(
                copy_count=max(1, min_instances)
            ),
            deployment_config=update.of_component(alarm_names),
        )
        self.resource.add_resource_dependency(endpoint)
        self.resource.add_resource_dependency(log_group.resource)
