"""A SageMaker endpoint that serves one Falcon model."""

from __future__ import annotations

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.model.endpoint_log_group import EndpointLogGroup
from constructs_lib.model.endpoint_metrics import VARIANT_NAME, EndpointMetrics
from constructs_lib.model.falcon_model import FalconModel
from falconry.catalog.endpoint_updates import LONGEST_START_SECONDS, SHORTEST_START_SECONDS

SAGEMAKER_MAXIMUM = Duration.seconds(LONGEST_START_SECONDS)
"""The longest that SageMaker waits for a download or for a container to start."""


class FalconEndpoint(Construct, EndpointMetrics):
    """One endpoint with one production variant.

    The endpoint's name is the caller's and stays; its configuration is named by CloudFormation and replaced on a
    change, which SageMaker turns into an update of the endpoint, as `deployment` says.

    Neither a KMS key nor a volume size is set: every instance type of the catalog keeps its data on local NVMe disks,
    which the hardware encrypts, and CreateEndpointConfig refuses both for them.

    Args:
        endpoint_name: 1 to 63 letters, digits and hyphens.
        model: what it serves.
        log_group: of the endpoint.
        instance_type: for example "ml.p4de.24xlarge".
        instance_count: number of instances; the first number, where `scaled`.
        deployment: how a changed config takes the place of the one that serves.
        scaled: whether something else changes the number of instances, which an update then leaves as it is.
        download_timeout: how long the weights may take to arrive and be unpacked. Default: an hour, the most.
        startup_timeout: how long the container may take until it answers health checks. Default: an hour, the most.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        endpoint_name: str,
        model: FalconModel,
        log_group: EndpointLogGroup,
        instance_type: str,
        deployment: sagemaker.CfnEndpoint.DeploymentConfigProperty,
        instance_count: int = 1,
        scaled: bool = False,
        download_timeout: Duration = SAGEMAKER_MAXIMUM,
        startup_timeout: Duration = SAGEMAKER_MAXIMUM,
    ) -> None:
        super().__init__(scope, construct_id)
        self.endpoint_name = endpoint_name
        self.config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[
                sagemaker.CfnEndpointConfig.ProductionVariantProperty(
                    variant_name=VARIANT_NAME,
                    model_name=model.model_name,
                    instance_type=instance_type,
                    initial_instance_count=instance_count,
                    initial_variant_weight=1,
                    model_data_download_timeout_in_seconds=_seconds("download_timeout", download_timeout),
                    container_startup_health_check_timeout_in_seconds=_seconds("startup_timeout", startup_timeout),
                    routing_config=sagemaker.CfnEndpointConfig.RoutingConfigProperty(
                        # Answers differ in length by orders of magnitude: counting requests beats drawing lots.
                        routing_strategy="LEAST_OUTSTANDING_REQUESTS"
                    ),
                )
            ],
        )
        acknowledge_no_key(self.config)
        self.resource = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=endpoint_name,
            endpoint_config_name=self.config.attr_endpoint_config_name,
            deployment_config=deployment,
            retain_all_variant_properties=scaled or None,
        )
        self.resource.add_resource_dependency(log_group.resource)


def acknowledge_no_key(config: sagemaker.CfnEndpointConfig) -> None:
    """Say why an endpoint config names no KMS key."""
    acknowledge(
        config,
        "SageMakerEndpointConfigurationKMSKeyConfigured",
        "SageMaker refuses a key for instance types with local NVMe disks, which the hardware encrypts.",
        NIST,
    )


def endpoint_arn(stack: Stack, endpoint_name: str) -> str:
    """The ARN of the endpoint called `endpoint_name` (or matching it as a pattern) in the stack's account and
    region."""
    return f"arn:{Aws.PARTITION}:sagemaker:{stack.region}:{stack.account}:endpoint/{endpoint_name}"


def component_arn(stack: Stack, component_name: str) -> str:
    """The ARN of the inference component called `component_name`."""
    return f"arn:{Aws.PARTITION}:sagemaker:{stack.region}:{stack.account}:inference-component/{component_name}"


def _seconds(name: str, timeout: Duration) -> int:
    seconds = int(timeout.to_seconds())
    if not SHORTEST_START_SECONDS <= seconds <= LONGEST_START_SECONDS:
        raise ValueError(f"{name}: {seconds} s. SageMaker takes {SHORTEST_START_SECONDS} to {LONGEST_START_SECONDS} s.")
    return seconds
