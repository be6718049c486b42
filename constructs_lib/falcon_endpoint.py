"""A SageMaker endpoint that serves one Falcon model."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from catalog import endpoint_log_group
from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.falcon_model import FalconModel

VARIANT_NAME = "AllTraffic"
"""Never changed: SageMaker's deployment guardrails refuse an update that renames the variant."""

SAGEMAKER_MAXIMUM = Duration.hours(1)
"""The longest that SageMaker waits for a download or for a container to start (CreateEndpointConfig, 60 to 3600 s)."""


class FalconEndpoint(Construct):
    """One endpoint with one production variant.

    The endpoint's name is the caller's and stays; its configuration is named by CloudFormation and replaced on a
    change, which SageMaker turns into a blue/green update of the endpoint. Its log group is made before it, so that
    the logs are encrypted and expire; one that SageMaker makes itself is neither.

    Neither a KMS key nor a volume size is set: every instance type of the catalog keeps its data on local NVMe disks,
    which the hardware encrypts, and CreateEndpointConfig refuses both for them.

    Args:
        endpoint_name: 1 to 63 letters, digits and hyphens.
        model: what it serves.
        encryption_key: the KMS key of its logs; CloudWatch Logs has to be allowed to use it.
        log_retention_days: one of the numbers that CloudWatch Logs knows.
        instance_type: for example "ml.p4de.24xlarge".
        instance_count: number of instances.
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
        encryption_key: kms.IKey,
        log_retention_days: int,
        instance_type: str,
        instance_count: int = 1,
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
        acknowledge(
            self.config,
            "SageMakerEndpointConfigurationKMSKeyConfigured",
            "SageMaker refuses a key for instance types with local NVMe disks, which the hardware encrypts.",
            NIST,
        )
        log_group = logs.CfnLogGroup(
            self,
            "LogGroup",
            log_group_name=endpoint_log_group(endpoint_name),
            kms_key_id=encryption_key.key_arn,
            retention_in_days=log_retention_days,
        )
        # Its name is SageMaker's: one that was kept would stand in the way of the next deployment.
        log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        self.resource = sagemaker.CfnEndpoint(
            self, "Endpoint", endpoint_name=endpoint_name, endpoint_config_name=self.config.attr_endpoint_config_name
        )
        self.resource.add_resource_dependency(log_group)


def endpoint_arn(stack: Stack, endpoint_name: str) -> str:
    """The ARN of the endpoint called `endpoint_name` (or matching it as a pattern) in the stack's account and
    region."""
    return f"arn:{Aws.PARTITION}:sagemaker:{stack.region}:{stack.account}:endpoint/{endpoint_name}"


def _seconds(name: str, timeout: Duration) -> int:
    seconds = int(timeout.to_seconds())
    if not 60 <= seconds <= 3600:
        raise ValueError(f"{name}: {seconds} s. SageMaker takes 60 to 3600 s.")
    return seconds
