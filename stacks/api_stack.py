"""The API stack: gateway function, authentication, REST API, web ACL, custom domain."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

import playground
from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.api.access_policy import access_policy
from constructs_lib.api.admission import Admission
from constructs_lib.api.api_access_log import ApiAccessLog
from constructs_lib.api.api_client import ApiClient
from constructs_lib.api.api_domain import ApiDomain
from constructs_lib.api.api_web_acl import ApiWebAcl
from constructs_lib.api.authorizer_function import AuthorizerFunction
from constructs_lib.api.bearer_authorizer import BearerAuthorizer
from constructs_lib.api.chat_api import PAGE_PATH, STAGE_NAME, ChatApi
from constructs_lib.api.chat_function import ChatFunction, GatewayModel
from constructs_lib.api.cors import Cors
from constructs_lib.api.jwt_authorizer import JwtAuthorizer
from constructs_lib.api.page_function import PageFunction
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.network.isolated_network import IsolatedNetwork
from constructs_lib.observability.audit_log import AuditLog
from falconry.catalog import INSTANCE_TYPES, MODELS, Capacity, samples
from falconry.settings import MAX_STOP_SEQUENCES, MAX_TOP_LOGPROBS, Model, Settings, containers
from stacks.invocable_arns import invocable_arns


class ApiStack(Stack):
    """The REST API in front of the deployment's endpoints.

    It refers to the endpoints by name, so that either side can change alone.

    Attributes:
        front: the gateway function.
        api: the REST API.
        authorizer: the authorizer's function, or None where API Gateway checks signatures itself.
        web_acl: the web ACL, or None.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        settings: Settings,
        network: IsolatedNetwork,
        audit_bucket_name: str,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: API")
        self._settings = settings
        names = settings.names
        # Holds no data but logs and an environment that the next deploy writes again.
        self._key: kms.IKey = EncryptionKey(
            self, "Encryption", alias=names.key_alias("api"), removal_policy=RemovalPolicy.DESTROY
        ).key
        capacity = containers.capacity(settings)
        cors = Cors(settings.api.cors_origins) if settings.api.cors_origins else None
        self.authorizer: AuthorizerFunction | None = None
        self.front = front = ChatFunction(
            self,
            "Chat",
            function_name=names.chat_function,
            deployment=settings.name,
            models=[_served(settings, model) for model in settings.models],
            invocable_endpoints=invocable_arns(self, settings),
            vpc=network.vpc,
            subnets=network.subnets,
            security_group=network.front_security_group,
            encryption_key=self._key,
            log_retention_days=settings.log_retention_days,
            reserved_concurrency=capacity.requests_at_once,
            environment=_cors_environment(settings),
            tracing=settings.tracing,
            audit_log=self._audit_log(audit_bucket_name),
            audit_content=settings.operations.audit_log.include_content,
        )
        access_log = ApiAccessLog(
            self,
            "AccessLog",
            log_group_name=names.access_log_group,
            encryption_key=self._key,
            retention_days=settings.log_retention_days,
        )
        self.api = api = ChatApi(
            self,
            "Api",
            api_name=names.api,
            handler=front.function,
            admission=self._admission(),
            capacity=capacity,
            access_log=access_log,
            policy=access_policy(
                principals=settings.api.iam.principals if settings.api.iam else (),
                vpc_endpoint_ids=settings.api.vpc_endpoint_ids,
                preflight=cors is not None,
            ),
            vpc_endpoint_ids=settings.api.vpc_endpoint_ids,
            cors=cors,
            tracing=settings.tracing,
            page=self._playground().function if settings.api.playground else None,
        )
        self._add_clients(api, front, capacity)
        self.web_acl = self._add_web_acl(api)
        root = self._add_domain(api)
        url = f"{root}v1"
        ssm.StringParameter(self, "Url", parameter_name=names.url_parameter, string_value=url)
        CfnOutput(self, "BaseUrl", value=url, description="Base URL for OpenAI clients")
        if settings.api.playground:
            page = root + PAGE_PATH.removeprefix("/")
            CfnOutput(self, "PlaygroundUrl", value=page, description="A chat page; it asks for a key or token")

    def _audit_log(self, bucket_name: str) -> AuditLog | None:
        settings = self._settings
        wanted = settings.operations.audit_log
        if not wanted.enabled:
            return None
        made = AuditLog(
            self,
            "AuditLog",
            bucket_name=bucket_name,
            key_alias=settings.names.key_alias("audit"),
            retention_days=wanted.retention_days,
            readers=wanted.readers,
            removal_policy=RemovalPolicy.RETAIN if settings.retain_data else RemovalPolicy.DESTROY,
        )
        role = made.reader.role_arn
        ssm.StringParameter(made, "ReaderArn", parameter_name=settings.names.audit_reader_parameter, string_value=role)
        CfnOutput(made, "BucketName", value=bucket_name, description="Audit records, by day and hour")
        return made

    def _playground(self) -> PageFunction:
        settings = self._settings
        document = playground.build(
            playground.Facts(
                deployment=settings.name,
                credentials="token" if settings.api.jwt else "api_key",
                models=[_playground_model(model) for model in settings.models],
                samples=playground.samples(samples()),
            )
        )
        return PageFunction(
            self,
            "Playground",
            function_name=settings.names.page_function,
            html=document.html,
            headers=document.headers,
            encryption_key=self._key,
            log_retention_days=settings.log_retention_days,
        )

    def _admission(self) -> Admission:
        settings = self._settings
        if settings.api.iam:
            return Admission(signed=True)
        function_name = settings.names.authorizer_function
        # Both have one id, so that the function changes in place where `auth` does: a second one, made before the first
        # goes, would want its name.
        if settings.api.jwt:
            tokens = JwtAuthorizer(
                self,
                "Authorizer",
                function_name=function_name,
                issuer=settings.api.jwt.issuer,
                audience=settings.api.jwt.audience,
                encryption_key=self._key,
                log_retention_days=settings.log_retention_days,
            )
            self.authorizer = tokens.code
            return Admission(authorizer=tokens.authorizer)
        keys = BearerAuthorizer(
            self,
            "Authorizer",
            function_name=function_name,
            encryption_key=self._key,
            log_retention_days=settings.log_retention_days,
        )
        self.authorizer = keys.code
        return Admission(authorizer=keys.authorizer, api_key=True)

    def _add_clients(self, api: ChatApi, front: ChatFunction, capacity: Capacity) -> None:
        """A client without limits of its own may use the capacity of all endpoints."""
        settings = self._settings
        client_names = {}
        for client in settings.api.clients:
            access = ApiClient(
                self,
                f"Client-{client.name}",
                client_name=settings.names.client(client.name),
                rest_api=api.rest_api,
                rate_per_second=client.rate_per_second or capacity.requests_per_second,
                burst=client.burst or capacity.requests_at_once,
                requests_per_month=client.requests_per_month,
            )
            ssm.StringParameter(
                access,
                "KeyId",
                parameter_name=settings.names.key_parameter(client.name),
                string_value=access.api_key.key_id,
            )
            client_names[access.api_key.key_id] = client.name
        if client_names:
            # The gateway function logs callers by name.
            front.function.add_environment("FALCONRY_CLIENTS", json.dumps(client_names, separators=(",", ":")))

    def _add_web_acl(self, api: ChatApi) -> ApiWebAcl | None:
        settings = self._settings
        if not settings.api.web_acl.enabled:
            reason = "The config says `web_acl: {enabled: false}`: another web ACL or firewall is in front."
            acknowledge(api.rest_api, "APIG3", reason)
            acknowledge(api.rest_api, "APIGWAssociatedWithWAF", reason, NIST)
            return None
        web_acl = ApiWebAcl(
            self,
            "WebAcl",
            name=settings.names.web_acl,
            rest_api_id=api.rest_api.rest_api_id,
            stage_name=STAGE_NAME,
            requests_per_5_minutes=settings.api.web_acl.requests_per_5_minutes,
            encryption_key=self._key,
            retention_days=settings.log_retention_days,
        )
        web_acl.association.node.add_dependency(api.rest_api.deployment_stage)
        return web_acl

    def _add_domain(self, api: ChatApi) -> str:
        """The API's root URL, with a trailing slash: the custom domain's, if there is one."""
        domain = self._settings.api.domain
        if domain is None:
            return api.rest_api.url
        made = ApiDomain(
            self,
            "Domain",
            domain_name=domain.name,
            certificate_arn=domain.certificate_arn,
            stage=api.rest_api.deployment_stage,
        )
        CfnOutput(self, "DomainTarget", value=made.target, description=f"Point the DNS name {domain.name} here")
        return f"https://{domain.name}/"


def _cors_environment(settings: Settings) -> Mapping[str, str]:
    origins = settings.api.cors_origins
    return {"FALCONRY_CORS_ORIGINS": json.dumps(origins, separators=(",", ":"))} if origins else {}


def _served(settings: Settings, model: Model) -> GatewayModel:
    entry = MODELS[model.name]
    return GatewayModel(
        name=model.name,
        endpoint=settings.endpoint_name(model),
        inference_component=settings.component_name(model),
        container=entry.container.name,
        container_version=entry.container_version,
        template=entry.chat_template,
        max_total_tokens=model.max_total_tokens,
        max_input_tokens=model.max_input_tokens,
        max_stop_sequences=MAX_STOP_SEQUENCES,
        max_top_logprobs=MAX_TOP_LOGPROBS,
        neutralize=model.neutralize,
    )


def _playground_model(model: Model) -> playground.PlaygroundModel:
    instance_type = INSTANCE_TYPES[model.instance_type]
    return playground.PlaygroundModel(
        name=model.name,
        chat=MODELS[model.name].chat_template is not None,
        max_total_tokens=model.max_total_tokens,
        instance_type=instance_type.name,
        usd_per_hour=instance_type.usd_per_hour,
        price_read=instance_type.price.read if instance_type.price else "",
    )
