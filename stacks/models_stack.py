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
from constructs_lib.mirrored_weights import MirroredWeights
from constructs_lib.weights import Weights, from_jumpstart
from settings import MAX_STOP_SEQUENCES, MAX_TOP_N_TOKENS, Model, Settings


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
            weights=self._weights(scope, model),
            environment=_environment(model),
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

    def _weights(self, scope: Construct, model: Model) -> Weights:
        entry = MODELS[model.name]
        if model.model_data == "artifact_bucket":
            return MirroredWeights(
                scope,
                "Weights",
                bucket_name=self._artifact_bucket_name,
                prefix=f"models/{model.name}/",
                parameter_name=f"/falconry/{self._settings.name}/artifacts/{model.name}",
                key_arn=self._key.key_arn,
            ).weights
        return from_jumpstart(entry, REGIONS[self._settings.region])


def _environment(model: Model) -> dict[str, str]:
    """JumpStart's variables for the instance type, then what this project sets, then what the settings say."""
    return {
        **MODELS[model.name].environment(model.instance_type, quantize=model.quantize),
        "MAX_STOP_SEQUENCES": str(MAX_STOP_SEQUENCES),
        "MAX_TOP_N_TOKENS": str(MAX_TOP_N_TOKENS),
        **model.environment,
    }
