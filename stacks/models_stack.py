"""The models: weights' bucket, SageMaker models, endpoint configurations, endpoints."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from catalog import MODELS, REGIONS
from constructs_lib.artifact_bucket import ArtifactBucket
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.falcon_endpoint import FalconEndpoint
from constructs_lib.falcon_model import FalconModel
from constructs_lib.isolated_network import IsolatedNetwork
from settings import MAX_STOP_SEQUENCES, Settings


class ModelsStack(Stack):
    """One endpoint for each model of the settings."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        settings: Settings,
        network: IsolatedNetwork,
        artifact_bucket_name: str,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: models")
        encryption = EncryptionKey(
            self, "Encryption", alias=f"falconry/{settings.name}/models", removal_policy=removal_policy
        )
        artifacts = ArtifactBucket(
            self,
            "Artifacts",
            bucket_name=artifact_bucket_name,
            encryption_key=encryption.key,
            removal_policy=removal_policy,
        )
        CfnOutput(self, "ArtifactBucketName", value=artifacts.bucket.bucket_name)
        for model in settings.models:
            scope_of_model = Construct(self, model.name)
            endpoint_name = settings.endpoint_name(model)
            environment = MODELS[model.name].environment(model.instance_type)
            falcon = FalconModel(
                scope_of_model,
                "Model",
                model=MODELS[model.name],
                region=REGIONS[settings.region],
                environment={**environment, "MAX_STOP_SEQUENCES": str(MAX_STOP_SEQUENCES)},
                endpoint_name=endpoint_name,
                subnets=network.subnets,
                security_group=network.model_security_group,
            )
            FalconEndpoint(
                scope_of_model,
                "Endpoint",
                endpoint_name=endpoint_name,
                model=falcon,
                instance_type=model.instance_type,
                instance_count=model.instance_count,
            )
            ssm.StringParameter(
                scope_of_model,
                "EndpointName",
                parameter_name=f"/falconry/{settings.name}/models/{model.name}/endpoint-name",
                string_value=endpoint_name,
            )
