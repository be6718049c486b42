"""The REST API in front of the gateway function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.api.access_policy import PolicyDocument
from constructs_lib.api.admission import Admission
from constructs_lib.api.api_access_log import ApiAccessLog
from constructs_lib.api.chat_function import TIMEOUT
from constructs_lib.api.cors import Cors
from constructs_lib.api.gateway_responses import Credentials, gateway_errors
from constructs_lib.api.routes import ROUTES
from constructs_lib.metrics import MetricOptions, metric
from falconry.catalog import Capacity

STAGE_NAME = "live"

PAGE_PATH = "/playground"
"""Where a page is served. It is none of the API's routes, and open to everybody who reaches the API."""

PAGE_THROTTLE = apigateway.MethodDeploymentOptions(throttling_rate_limit=10, throttling_burst_limit=20)
"""The page's own: without one, a flood of it would use up what the stage lets through to the models."""

PAGE_TIMEOUT = Duration.seconds(10)
"""More than the function may take."""

ACKNOWLEDGED = {
    "APIG2": "The front validates requests, with messages that name the parameter and in OpenAI's error format.",
    "APIG6": "Execution logs would hold prompts.",
    "COG4": "Callers are programs with keys, signatures or tokens, as OpenAI's clients are, not people in a user pool.",
}
"""Rules of cdk-nag's AwsSolutions that the API does not follow."""

ACKNOWLEDGED_NIST = {
    "APIGWCacheEnabledAndEncrypted": "Answers of a model are not cached: nothing lies there to be encrypted.",
    "APIGWExecutionLoggingEnabled": "Execution logs would hold prompts; the access log has a line for every request.",
    "APIGWSSLEnabled": "The back end is a Lambda function, which API Gateway calls with IAM's signature.",
}
"""Rules of cdk-nag's NIST 800-53 R5 pack that the API does not follow."""


class ChatApi(Construct):
    """A REST API that streams the gateway function's responses to admitted callers.

    Regional or private, because an edge-optimized API ends a stream after 30 s without a byte, these after 5 min.

    Args:
        api_name: its name.
        handler: the front, a function in streaming mode.
        admission: who may call.
        capacity: what all callers together may send before they get a 429.
        access_log: where the stage writes a line for each request.
        policy: the resource policy, or None.
        vpc_endpoint_ids: makes the API private, with DNS names for these VPC endpoints. Default: public.
        cors: web pages that may call. Default: none.
        tracing: whether X-Ray traces a sample of the requests. Default: no.
        page: a function that gives everybody a web page, at PAGE_PATH. Default: there is none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api_name: str,
        handler: lambda_.IFunction,
        admission: Admission,
        capacity: Capacity,
        access_log: ApiAccessLog,
        policy: PolicyDocument | None = None,
        vpc_endpoint_ids: Sequence[str] = (),
        cors: Cors | None = None,
        tracing: bool = False,
        page: lambda_.IFunction | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._api_name = api_name
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=api_name,
            description="Falcon models behind an OpenAI-compatible API",
            endpoint_configuration=self._endpoint(vpc_endpoint_ids),
            policy=None if policy is None else iam.PolicyDocument.from_json(policy),
            api_key_source_type=apigateway.ApiKeySourceType.AUTHORIZER if admission.api_key else None,
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE_NAME,
                access_log_destination=apigateway.LogGroupLogDestination(access_log.log_group),
                tracing_enabled=tracing or None,
                access_log_format=apigateway.AccessLogFormat.custom(access_log.line_format),
                throttling_rate_limit=capacity.requests_per_second,
                throttling_burst_limit=capacity.requests_at_once,
                method_options={f"{PAGE_PATH}/GET": PAGE_THROTTLE} if page else None,
            ),
            default_integration=_streamed(handler, TIMEOUT),
        )
        # API Gateway refuses a stage that logs as long as the account has no role for it.
        self.rest_api.deployment_stage.node.add_dependency(access_log.account)
        for rule, reason in ACKNOWLEDGED.items():
            acknowledge(self.rest_api, rule, reason)
        for rule, reason in ACKNOWLEDGED_NIST.items():
            acknowledge(self.rest_api, rule, reason, NIST)
        resources = {path: self.rest_api.root.resource_for_path(path) for _, path in ROUTES}
        for method, path in ROUTES:
            resources[path].add_method(method, **admission.method_options())
        if page:
            self._serve(page)
        if cors:
            self._answer_preflights(cors, resources)
        self._shape_errors(cors, admission.credentials)

    def metric_requests(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests of the stage."""
        return self._metric("Count", {"statistic": "SampleCount", **options})

    def metric_client_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that were answered with a 4xx."""
        return self._metric("4XXError", options)

    def metric_server_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that were answered with a 5xx."""
        return self._metric("5XXError", options)

    def metric_latency(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Milliseconds to the end of a response. Default statistic: p95."""
        return self._metric("Latency", {"statistic": "p95", **options})

    def metric_integration_latency(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Milliseconds that the front took. Default statistic: p95."""
        return self._metric("IntegrationLatency", {"statistic": "p95", **options})

    def _metric(self, name: str, options: MetricOptions) -> cloudwatch.Metric:
        return metric("AWS/ApiGateway", name, {"ApiName": self._api_name, "Stage": STAGE_NAME}, options)

    def _endpoint(self, vpc_endpoint_ids: Sequence[str]) -> apigateway.EndpointConfiguration:
        if not vpc_endpoint_ids:
            return apigateway.EndpointConfiguration(types=[apigateway.EndpointType.REGIONAL])
        return apigateway.EndpointConfiguration(
            types=[apigateway.EndpointType.PRIVATE],
            vpc_endpoints=[
                ec2.InterfaceVpcEndpoint.from_interface_vpc_endpoint_attributes(
                    self, vpc_endpoint_id, vpc_endpoint_id=vpc_endpoint_id, port=443
                )
                for vpc_endpoint_id in vpc_endpoint_ids
            ],
        )

    def _serve(self, page: lambda_.IFunction) -> None:
        """The page is open, or nobody could load it: a browser sends no key when it follows a link."""
        method = self.rest_api.root.resource_for_path(PAGE_PATH).add_method(
            "GET",
            _streamed(page, PAGE_TIMEOUT),
            authorization_type=apigateway.AuthorizationType.NONE,
            api_key_required=False,
        )
        for rule in ("APIG4", "COG4"):
            acknowledge(
                method,
                rule,
                "A page without a secret, by a function without rights; what it asks needs the user's key.",
            )

    def _answer_preflights(self, cors: Cors, resources: Mapping[str, apigateway.Resource]) -> None:
        integration, responses = cors.preflight(), cors.preflight_responses()
        for resource in resources.values():
            method = resource.add_method(
                "OPTIONS",
                integration,
                authorization_type=apigateway.AuthorizationType.NONE,
                api_key_required=False,
                method_responses=responses,
            )
            for rule in ("APIG4", "COG4"):
                acknowledge(method, rule, "A browser asks before it sends; the question itself carries no credentials.")

    def _shape_errors(self, cors: Cors | None, credentials: Credentials) -> None:
        cors_headers = cors.gateway_response_headers() if cors else {}
        for error in gateway_errors(credentials):
            self.rest_api.add_gateway_response(
                error.response_type.response_type,
                type=error.response_type,
                status_code=None if error.status is None else str(error.status),
                response_headers={**error.response_headers(), **cors_headers},
                templates={"application/json": error.template()},
            )


def _streamed(handler: lambda_.IFunction, timeout: Duration) -> apigateway.LambdaIntegration:
    return apigateway.LambdaIntegration(
        handler,
        response_transfer_mode=apigateway.ResponseTransferMode.STREAM,
        timeout=timeout,
        # The console's test button would need a permission of its own for every route.
        allow_test_invoke=False,
    )
