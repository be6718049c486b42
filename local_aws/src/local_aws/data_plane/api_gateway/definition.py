"""A REST API as it was deployed, read with API Gateway's own calls into typed values."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

# arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations, or for streams
# arn:aws:apigateway:REGION:lambda:path/2021-11-15/functions/FUNCTION_ARN/response-streaming-invocations
_FUNCTION_URI = re.compile(
    r"^arn:[^:]+:apigateway:[^:]+:lambda:path/[0-9-]+/functions/"
    r"(?P<arn>.+)/(?P<call>invocations|response-streaming-invocations)$"
)
_FUNCTION_ARN = re.compile(r"^arn:[^:]+:lambda:[^:]+:\d+:function:(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?$")

_DEFAULT_INTEGRATION_SECONDS = 29.0
_DEFAULT_AUTHORIZER_TTL = 300


class UnsupportedDefinitionError(Exception):
    """The deployed API uses something this emulation does not run. It is reported, never ignored."""


@dataclass(frozen=True)
class FunctionTarget:
    """A function as an integration or authorizer names it: name and version or alias (None: $LATEST)."""

    name: str
    qualifier: str | None

    def __str__(self) -> str:
        return self.name if self.qualifier is None else f"{self.name}:{self.qualifier}"


def parse_function_arn(arn: str) -> FunctionTarget:
    """Raises UnsupportedDefinitionError for what is not a function's ARN."""
    match = _FUNCTION_ARN.match(arn)
    if match is None:
        raise UnsupportedDefinitionError(f"{arn!r} is not the ARN of a Lambda function")
    return FunctionTarget(match["name"], match["qualifier"])


@dataclass(frozen=True)
class Integration:
    """What a method calls."""

    kind: str  # AWS_PROXY | MOCK
    function: FunctionTarget | None
    streaming: bool
    timeout_seconds: float
    request_templates: dict[str, str] = field(default_factory=dict)
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    http_method: str
    authorization_type: str
    authorizer_id: str | None
    api_key_required: bool
    required_parameters: tuple[str, ...]
    model_names: dict[str, str]
    validator_id: str | None
    integration: Integration | None


@dataclass(frozen=True)
class Resource:
    id: str
    path: str
    methods: dict[str, Method]


@dataclass(frozen=True)
class Authorizer:
    id: str
    kind: str  # TOKEN | REQUEST
    function: FunctionTarget
    ttl_seconds: int
    identity_sources: tuple[str, ...]
    validation_expression: str | None


@dataclass(frozen=True)
class GatewayResponse:
    status_code: int | None
    parameters: dict[str, str]
    templates: dict[str, str]


@dataclass(frozen=True)
class Validator:
    body: bool
    parameters: bool


@dataclass(frozen=True)
class Throttle:
    """Requests a second, and how many may come at once. None: no limit."""

    rate: float | None
    burst: int | None


@dataclass(frozen=True)
class AccessLogSettings:
    """Where the stage's access log goes, and how a line looks."""

    log_group: str
    format: str

    @classmethod
    def from_api(cls, settings: dict[str, Any] | None) -> "AccessLogSettings | None":
        """None where there is no access log, or it goes to Firehose, which is not emulated."""
        service, _, group = (settings or {}).get("destinationArn", "").partition(":log-group:")
        if settings is None or not group or ":logs:" not in service:
            return None
        return cls(group.removesuffix(":*"), settings.get("format", ""))


@dataclass(frozen=True)
class Stage:
    """What takes effect without a new deployment."""

    name: str
    deployment_id: str
    variables: dict[str, str]
    throttles: dict[str, Throttle]  # "/resource/path/METHOD" or "*/*"
    access_log: AccessLogSettings | None = None

    @classmethod
    def from_api(cls, stage: dict[str, Any]) -> "Stage":
        throttles = {}
        for key, settings in (stage.get("methodSettings") or {}).items():
            rate, burst = settings.get("throttlingRateLimit"), settings.get("throttlingBurstLimit")
            # A negative value switches throttling off for the method.
            if rate is not None and burst is not None and float(rate) >= 0 and int(burst) >= 0:
                throttles[_method_key(key)] = Throttle(float(rate), int(burst))
        return cls(
            stage["stageName"],
            stage.get("deploymentId", ""),
            dict(stage.get("variables") or {}),
            throttles,
            AccessLogSettings.from_api(stage.get("accessLogSettings")),
        )


@dataclass(frozen=True)
class RestApi:
    """One deployment of a REST API."""

    id: str
    name: str
    deployment_id: str
    account_id: str
    region: str
    api_key_source: str
    binary_media_types: tuple[str, ...]
    resources: tuple[Resource, ...]
    authorizers: dict[str, Authorizer]
    gateway_responses: dict[str, GatewayResponse]
    validators: dict[str, Validator]
    models: dict[str, str]
    policy: dict[str, Any] | None = None
    private: bool = False

    def methods(self) -> Iterator[Method]:
        for resource in self.resources:
            yield from resource.methods.values()

    def functions(self) -> set[FunctionTarget]:
        """The functions that this API can call."""
        called = {method.integration.function for method in self.methods() if method.integration}
        called |= {authorizer.function for authorizer in self.authorizers.values()}
        return {function for function in called if function is not None}


def _method_key(setting: str) -> str:
    """A method setting's key: `resource path/METHOD`, in which API Gateway writes `/` of the path as `~1`."""
    path, _, method = setting.rpartition("/")
    path = path.replace("~1", "/")
    return f"{path}/{method}" if path in ("", "*") or path.startswith("/") else f"/{path}/{method}"


def _substitute(uri: str, variables: dict[str, str]) -> str:
    return re.sub(r"\$\{stageVariables\.(\w+)\}", lambda match: variables.get(match[1], ""), uri)


def integration_from_api(item: dict[str, Any], variables: dict[str, str], where: str) -> Integration:
    """Raises UnsupportedDefinitionError for integrations other than AWS_PROXY to Lambda and MOCK."""
    kind = item.get("type")
    function, streaming = None, False
    if kind == "AWS_PROXY":
        match = _FUNCTION_URI.match(_substitute(item.get("uri") or "", variables))
        if match is None:
            raise UnsupportedDefinitionError(
                f"{where}: the integration's uri {item.get('uri')!r} does not name a Lambda function"
            )
        function, streaming = parse_function_arn(match["arn"]), match["call"] == "response-streaming-invocations"
    elif kind != "MOCK":
        raise UnsupportedDefinitionError(
            f"{where}: integration type {kind!r}; this emulation runs AWS_PROXY (Lambda) and MOCK"
        )
    timeout = item.get("timeoutInMillis")
    return Integration(
        kind=kind,
        function=function,
        streaming=streaming,
        timeout_seconds=float(timeout) / 1000 if timeout else _DEFAULT_INTEGRATION_SECONDS,
        request_templates=dict(item.get("requestTemplates") or {}),
        responses=dict(item.get("integrationResponses") or {}),
    )


def method_from_api(item: dict[str, Any], variables: dict[str, str], where: str) -> Method:
    """Raises UnsupportedDefinitionError for an authorization type that is not run here."""
    authorization = item.get("authorizationType") or "NONE"
    if authorization not in ("NONE", "CUSTOM", "AWS_IAM"):
        raise UnsupportedDefinitionError(
            f"{where}: authorization type {authorization!r}; this emulation runs NONE, CUSTOM and AWS_IAM"
        )
    integration = item.get("methodIntegration")
    return Method(
        http_method=item["httpMethod"],
        authorization_type=authorization,
        authorizer_id=item.get("authorizerId") if authorization == "CUSTOM" else None,
        api_key_required=bool(item.get("apiKeyRequired")),
        required_parameters=tuple(name for name, required in (item.get("requestParameters") or {}).items() if required),
        model_names=dict(item.get("requestModels") or {}),
        validator_id=item.get("requestValidatorId"),
        integration=integration_from_api(integration, variables, where) if integration else None,
    )


def authorizer_from_api(item: dict[str, Any], variables: dict[str, str]) -> Authorizer:
    """Raises UnsupportedDefinitionError for authorizers other than Lambda's TOKEN and REQUEST."""
    kind, name = item.get("type"), item.get("name")
    if kind not in ("TOKEN", "REQUEST"):
        raise UnsupportedDefinitionError(f"authorizer {name!r}: type {kind!r}; this emulation runs TOKEN and REQUEST")
    match = _FUNCTION_URI.match(_substitute(item.get("authorizerUri") or "", variables))
    if match is None:
        raise UnsupportedDefinitionError(
            f"authorizer {name!r}: the uri {item.get('authorizerUri')!r} does not name a Lambda function"
        )
    ttl = item.get("authorizerResultTtlInSeconds")
    sources = [source.strip() for source in (item.get("identitySource") or "").split(",")]
    return Authorizer(
        id=item["id"],
        kind=kind,
        function=parse_function_arn(match["arn"]),
        ttl_seconds=_DEFAULT_AUTHORIZER_TTL if ttl is None else int(ttl),
        identity_sources=tuple(source for source in sources if source),
        validation_expression=item.get("identityValidationExpression") or None,
    )


def _parse_policy(text: str | None) -> dict[str, Any] | None:
    """A resource policy; GetRestApi gives its quotation marks with backslashes before them."""
    if not text:
        return None
    policy: dict[str, Any] = json.loads(text if '\\"' not in text else text.replace('\\"', '"'))
    return policy


def load_rest_api(client: Any, api: dict[str, Any], stage: Stage, account_id: str, region: str) -> RestApi:
    """Reads a whole API with a boto3 `apigateway` client. Raises UnsupportedDefinitionError."""
    api_id = api["id"]
    variables = stage.variables
    resources = []
    for item in client.get_resources(restApiId=api_id, limit=500, embed=["methods"])["items"]:
        methods = {
            name: method_from_api({"httpMethod": name, **method}, variables, f"{name} {item['path']}")
            for name, method in (item.get("resourceMethods") or {}).items()
        }
        resources.append(Resource(item["id"], item["path"], methods))
    authorizers = [
        authorizer_from_api(item, variables) for item in client.get_authorizers(restApiId=api_id, limit=500)["items"]
    ]
    responses = {
        item["responseType"]: GatewayResponse(
            int(item["statusCode"]) if item.get("statusCode") else None,
            dict(item.get("responseParameters") or {}),
            dict(item.get("responseTemplates") or {}),
        )
        for item in client.get_gateway_responses(restApiId=api_id, limit=500)["items"]
        if not item.get("defaultResponse")
    }
    validators = {
        item["id"]: Validator(bool(item.get("validateRequestBody")), bool(item.get("validateRequestParameters")))
        for item in client.get_request_validators(restApiId=api_id, limit=500)["items"]
    }
    needs_models = any(method.model_names for resource in resources for method in resource.methods.values())
    models = client.get_models(restApiId=api_id, limit=500)["items"] if needs_models else []
    return RestApi(
        id=api_id,
        name=api["name"],
        deployment_id=stage.deployment_id,
        account_id=account_id,
        region=region,
        api_key_source=api.get("apiKeySource") or "HEADER",
        binary_media_types=tuple(api.get("binaryMediaTypes") or ()),
        resources=tuple(resources),
        authorizers={authorizer.id: authorizer for authorizer in authorizers},
        gateway_responses=responses,
        validators=validators,
        models={model["name"]: model.get("schema") or "{}" for model in models},
        policy=_parse_policy(api.get("policy")),
        private="PRIVATE" in (api.get("endpointConfiguration") or {}).get("types", ()),
    )
