"""One REST API's stage on a port: each request from routing to the integration, in API Gateway's order."""

import json
import logging
import time
from dataclasses import dataclass

from local_aws.data_plane.api_gateway import gateway_responses
from local_aws.data_plane.api_gateway.access_log import AccessLog
from local_aws.data_plane.api_gateway.authorizers import Authorizers
from local_aws.data_plane.api_gateway.callers import Callers
from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import Integration, Method, RestApi, Stage
from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.api_gateway.lambda_integration import LambdaIntegration
from local_aws.data_plane.api_gateway.mock_integration import run_mock
from local_aws.data_plane.api_gateway.policy import Caller, Decision, evaluate_resource_policy
from local_aws.data_plane.api_gateway.routing import find_route
from local_aws.data_plane.api_gateway.signature import access_key
from local_aws.data_plane.api_gateway.usage_plans import KeyRing, Meter
from local_aws.data_plane.api_gateway.validation import validate
from local_aws.data_plane.http_messages import BodyTooLargeError, Request, Response
from local_aws.data_plane.lambda_service.service import LambdaService
from local_aws.data_plane.log_file import LogGroupWriter
from local_aws.data_plane.metrics import MetricWriter
from local_aws.data_plane.settings import Limits

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedStage:
    """What is served: a deployment, its stage, and the keys, as they were last read."""

    api: RestApi
    stage: Stage
    keys: KeyRing


class Gateway:
    """Answers as a custom domain with a base path mapping to the stage would: the stage's name is not in the path."""

    def __init__(
        self,
        functions: LambdaService,
        callers: Callers,
        limits: Limits,
        log_groups: LogGroupWriter,
        metrics: MetricWriter,
    ) -> None:
        self._metrics = metrics
        self._callers = callers
        self._limits = limits
        self._authorizers = Authorizers(functions.call, limits.authorizer_seconds)
        self._integration = LambdaIntegration(functions, limits)
        self._meter = Meter()
        self._access_log = AccessLog(log_groups)
        self._served: ServedStage | None = None

    @property
    def served(self) -> ServedStage | None:
        return self._served

    def serve(self, served: ServedStage | None) -> None:
        """Takes over what was read; requests that are under way keep what they began with."""
        before = self._served
        if (
            served is None
            or before is None
            or (before.api.id, before.api.deployment_id) != (served.api.id, served.api.deployment_id)
        ):
            self._authorizers.forget()
        self._served = served

    async def handle(self, request: Request, response: Response) -> None:
        served = self._served
        if served is None:
            # A custom domain without a mapping answers so.
            await response.send(
                403,
                [("Content-Type", "application/json"), ("x-amzn-ErrorType", "ForbiddenException")],
                b'{"message":"Forbidden"}',
            )
            return
        context = RequestContext(request, served.api, served.stage)
        began = time.monotonic()
        integration_began: float | None = None
        try:
            integration = await self._admit(served, context)
            integration_began = time.monotonic()
            await self._run(integration, context, response)
        except GatewayError as error:
            logger.info("%s %s %s: %s", context.request_id, request.method, request.path, error)
            context.error_type = error.response_type
            status, headers, body = gateway_responses.render(error, context)
            await response.send(status, headers, body)
        finally:
            if served.stage.access_log is not None:
                self._access_log.write(served.stage.access_log, context, response)
            self._measure(served, response.status or 0, began, integration_began)

    def _measure(self, served: ServedStage, status: int, began: float, integration_began: float | None) -> None:
        """What API Gateway counts of a request ("Amazon API Gateway dimensions and metrics"), when it is over."""
        now = time.monotonic()
        values = {
            "Count": (1.0, "Count"),
            "4XXError": (float(400 <= status < 500), "Count"),
            "5XXError": (float(status >= 500), "Count"),
            "Latency": (1000 * (now - began), "Milliseconds"),
        }
        if integration_began is not None:
            values["IntegrationLatency"] = (1000 * (now - integration_began), "Milliseconds")
        dimensions = {"ApiName": served.api.name, "Stage": served.stage.name}
        self._metrics.add("AWS/ApiGateway", dimensions, values)

    async def _admit(self, served: ServedStage, context: RequestContext) -> Integration:
        """Everything before the integration. Raises GatewayError."""
        request = context.request
        context.route = find_route(served.api, request.method, request.path)
        if context.route is None:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN", f"there is no method {request.method} {request.path}")
        try:
            context.body = await request.read(self._limits.api_request_bytes)
        except BodyTooLargeError:
            raise GatewayError(
                "REQUEST_TOO_LARGE", f"the body has more than {self._limits.api_request_bytes} bytes"
            ) from None
        method = context.route.method
        await self._check_access(served, method, context)
        usage_key = await self._authorize(served, method, context)
        self._count(served, method, context, usage_key)
        validate(method, context)
        if method.integration is None:
            raise GatewayError("API_CONFIGURATION_ERROR", "the method has no integration")
        return method.integration

    async def _check_access(self, served: ServedStage, method: Method, context: RequestContext) -> None:
        """Signature and resource policy. Raises GatewayError.

        `x-local-vpc-endpoint: vpce-...` stands for the VPC endpoint that a request came through.
        """
        api = served.api
        principal = None
        if method.authorization_type == "AWS_IAM":
            identity = await self._callers.get(access_key(context.request, api.region))
            if identity is None:
                message = "The security token included in the request is invalid."
                raise GatewayError("INVALID_SIGNATURE", "the access key is not known", message=message)
            context.caller_arn, principal = identity.arn, identity.principal
        endpoint = context.header("x-local-vpc-endpoint")
        if api.private and endpoint is None:
            raise GatewayError("ACCESS_DENIED", "a private API is reached through a VPC endpoint only")
        if api.policy is None:
            # Identity policies are not evaluated: whoever has a key of this account may call.
            return
        caller = Caller(principal, context.request.client_address, endpoint)
        decision = evaluate_resource_policy(api.policy, context.method_arn, caller)
        # What the policy does not mention, a Lambda authorizer may still allow.
        if decision is Decision.EXPLICIT_DENY or (decision is not Decision.ALLOW and method.authorizer_id is None):
            raise GatewayError("ACCESS_DENIED", f"the resource policy: {decision.value}: {context.method_arn}")

    async def _authorize(self, served: ServedStage, method: Method, context: RequestContext) -> str | None:
        """Runs the method's authorizer; gives the API key to check, from the header or from the authorizer."""
        if method.authorizer_id is None:
            grant = None
        else:
            authorizer = served.api.authorizers.get(method.authorizer_id)
            if authorizer is None:
                raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", f"there is no authorizer {method.authorizer_id!r}")
            began = time.time()
            grant = await self._authorizers.authorize(authorizer, context)
            context.authorizer_seconds = time.time() - began
        if served.api.api_key_source == "AUTHORIZER":
            return grant.usage_identifier_key if grant is not None else None
        return context.header("x-api-key")

    def _count(self, served: ServedStage, method: Method, context: RequestContext, usage_key: str | None) -> None:
        """Key, throttles and quota. Raises GatewayError (INVALID_API_KEY, THROTTLED, QUOTA_EXCEEDED)."""
        route = context.matched_route()
        api_id, stage = served.api.id, served.stage
        method_key = f"{route.resource.path}/{method.http_method}"
        throttles = stage.throttles
        own = method_key in throttles
        stage_throttle = throttles[method_key] if own else throttles.get("*/*")
        stage_bucket = (api_id, stage.name, method_key if own else "*/*")
        if not method.api_key_required:
            self._meter.take_token(stage_throttle, *stage_bucket)
            return
        key, plan = served.keys.plan_of(usage_key, api_id, stage.name)
        context.api_key, context.api_key_id = key.value, key.id
        method_throttle = plan.stages[api_id, stage.name].get(method_key)
        if method_throttle is not None:
            self._meter.take_token(method_throttle, plan.id, key.id, method_key)
        else:
            self._meter.take_token(plan.throttle, plan.id, key.id)
        self._meter.take_token(stage_throttle, *stage_bucket)
        self._meter.take_quota(plan, key)

    async def _run(self, integration: Integration, context: RequestContext, response: Response) -> None:
        context.integration_started, context.streamed = time.time(), integration.streaming
        if integration.function is None:
            await run_mock(integration, context, response)
        else:
            await self._integration.run(integration.function, integration, context, response)


def describe(served: ServedStage | None) -> dict[str, object]:
    """For the health report."""
    if served is None:
        return {}
    routes = [f"{name} {resource.path}" for resource in served.api.resources for name in resource.methods]
    report = {
        "id": served.api.id,
        "stage": served.stage.name,
        "deployment": served.stage.deployment_id,
        "routes": sorted(routes),
    }
    return {served.api.name: json.loads(json.dumps(report))}
