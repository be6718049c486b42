"""The API: front, authorizer, REST API, clients."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from catalog import MODELS
from constructs_lib.api_client import ApiClient
from constructs_lib.bearer_authorizer import BearerAuthorizer
from constructs_lib.chat_api import ChatApi
from constructs_lib.chat_function import ChatFunction, ServedModel
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.falcon_endpoint import endpoint_arn
from constructs_lib.isolated_network import IsolatedNetwork
from settings import MAX_STOP_SEQUENCES, Model, Settings


class ApiStack(Stack):
    """A REST API in front of the deployment's endpoints. It knows them by their names, so it can change without
    them."""

    def __init__(
        self, scope: Construct, construct_id: str, *, env: Environment, settings: Settings, network: IsolatedNetwork
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: API")
        # Holds no data but logs and an environment that the next deploy writes again.
        encryption = EncryptionKey(
            self, "Encryption", alias=f"falconry/{settings.name}/api", removal_policy=RemovalPolicy.DESTROY
        )
        front = ChatFunction(
            self,
            "Chat",
            function_name=f"falconry-{settings.name}-chat",
            models=[_served(settings, model) for model in settings.models],
            invocable_endpoints=[endpoint_arn(self, settings.endpoint_name(model)) for model in settings.models],
            vpc=network.vpc,
            subnets=network.subnets,
            security_group=network.front_security_group,
            encryption_key=encryption.key,
        )
        authorizer = BearerAuthorizer(
            self,
            "Bearer",
            function_name=f"falconry-{settings.name}-authorizer",
            encryption_key=encryption.key,
        )
        api = ChatApi(
            self,
            "Api",
            api_name=f"falconry-{settings.name}",
            handler=front.function,
            authorizer=authorizer.authorizer,
        )
        for client in settings.api.clients:
            access = ApiClient(
                self,
                f"Client-{client.name}",
                client_name=f"falconry-{settings.name}-{client.name}",
                rest_api=api.rest_api,
                rate_per_second=client.rate_per_second,
                burst=client.burst,
                requests_per_month=client.requests_per_month,
            )
            ssm.StringParameter(
                access,
                "KeyId",
                parameter_name=f"/falconry/{settings.name}/api/clients/{client.name}/key-id",
                string_value=access.api_key.key_id,
            )
        ssm.StringParameter(self, "Url", parameter_name=f"/falconry/{settings.name}/api/url", string_value=api.url)
        CfnOutput(self, "BaseUrl", value=api.url, description="Base URL for OpenAI clients")


def _served(settings: Settings, model: Model) -> ServedModel:
    entry = MODELS[model.name]
    return ServedModel(
        name=model.name,
        endpoint=settings.endpoint_name(model),
        template=entry.chat_template,
        max_total_tokens=entry.max_total_tokens,
        max_input_tokens=entry.max_input_tokens,
        max_stop_sequences=MAX_STOP_SEQUENCES,
        tgi_version=entry.tgi_version,
    )
