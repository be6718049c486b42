"""The models: SageMaker models, endpoint configurations, endpoints."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from catalog import MODELS, REGIONS
from constructs_lib.falcon_endpoint import FalconEndpoint
from constructs_lib.falcon_model import FalconModel
from constructs_lib.isolated_network import IsolatedNetwork
from settings import Model, Settings, serving


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
        encryption_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: models")
        self._settings = settings
        self._network = network
        self._artifact_bucket_name = artifact_bucket_name
        self._key = encryption_key
        for model in settings.models:
            self._add(model)

    def _add(self, model: Model) -> None:
        scope = Construct(self, model.name)
        endpoint_name = self._settings.endpoint_name(model)
        falcon = FalconModel(
            scope,
            "Model",
            model=MODELS[model.name],
            region=REGIONS[self._settings.region],
            weights=serving.weights(
                self._settings, model, artifact_bucket=self._artifact_bucket_name, key_arn=self._key.key_arn
            ),
            environment=serving.environment(model),
            endpoint_name=endpoint_name,
            network=self._network,
        )
        FalconEndpoint(
            scope,
            "Endpoint",
            endpoint_name=endpoint_name,
            model=falcon,
            instance_type=model.instance_type,
            instance_count=model.instance_count,
            encryption_key=self._key,
            log_retention_days=self._settings.log_retention_days,
        )
        ssm.StringParameter(
            scope,
            "EndpointName",
            parameter_name=f"/falconry/{self._settings.name}/models/{model.name}/endpoint-name",
            string_value=endpoint_name,
        )
        CfnOutput(scope, "Name", value=endpoint_name, description="SageMaker endpoint")
