"""API Gateway: deployments, stages, custom domains and the account's settings."""

from typing import Any

from moto.apigateway.models import Stage as MotoStage

from .api_gateway import backend
from .base import Adapter, Context, Created, NotCarriedError
from .properties import Properties, Values, tags_as_map

_SERVICE = "apigateway"


class Deployment(Adapter):
    resource_type = "AWS::ApiGateway::Deployment"

    def create(self, properties: Properties, context: Context) -> Created:
        answer = context.call(_SERVICE, "create_deployment", **properties.only("RestApiId", "StageName", "Description"))
        return Created(answer["id"], {"DeploymentId": answer["id"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        deployment = backend(context).get_deployment(properties["RestApiId"], physical_id)
        deployment.description = properties.get("Description", "")
        return {"DeploymentId": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        # moto leaves behind the stage that a deployment's StageName made, and then refuses to delete the deployment.
        api = backend(context).get_rest_api(properties["RestApiId"])
        stage = properties.get("StageName")
        if stage and stage in api.stages and api.stages[stage].deployment_id == physical_id:
            del api.stages[stage]
        context.call(_SERVICE, "delete_deployment", restApiId=properties["RestApiId"], deploymentId=physical_id)


# CloudFormation's member of a method setting: (the API's, its type).
_METHOD_SETTINGS: dict[str, tuple[str, type]] = {
    "CacheDataEncrypted": ("cacheDataEncrypted", bool),
    "CacheTtlInSeconds": ("cacheTtlInSeconds", int),
    "CachingEnabled": ("cachingEnabled", bool),
    "DataTraceEnabled": ("dataTraceEnabled", bool),
    "LoggingLevel": ("loggingLevel", str),
    "MetricsEnabled": ("metricsEnabled", bool),
    "ThrottlingBurstLimit": ("throttlingBurstLimit", int),
    "ThrottlingRateLimit": ("throttlingRateLimit", float),
}
_ACCESS_LOG = {"DestinationArn": "destinationArn", "Format": "format"}


class Stage(Adapter):
    resource_type = "AWS::ApiGateway::Stage"
    name_property = "StageName"

    def create(self, properties: Properties, context: Context) -> Created:
        given = properties.only("RestApiId", "DeploymentId", "Description")
        name = properties.get("StageName", "default")
        context.call(_SERVICE, "create_stage", stageName=name, **given)
        context.made(name)
        self._set(self._stage(name, properties, context), properties)
        return Created(name)

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        stage = self._stage(physical_id, properties, context)
        stage.deployment_id = properties.get("DeploymentId")
        stage.description = properties.get("Description", "")
        self._set(stage, properties)
        return {}

    @staticmethod
    def _stage(name: str, properties: Properties, context: Context) -> MotoStage:
        return backend(context).get_stage(properties["RestApiId"], name)

    @staticmethod
    def _set(stage: MotoStage, properties: Properties) -> None:
        """Members that CreateStage does not take at AWS either: there they are patched in afterwards."""
        stage.tags = tags_as_map(properties)
        stage.tracing_enabled = properties.get("TracingEnabled", False)
        log = properties.get("AccessLogSetting")
        stage.access_log_settings = {_ACCESS_LOG[name]: value for name, value in log.items()} if log else None
        stage.method_settings = {}
        for setting in properties.get("MethodSettings") or []:
            stage.method_settings[_method_path(setting)] = _method_setting(setting, stage)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_stage", restApiId=properties["RestApiId"], stageName=physical_id)


def _method_path(setting: Values) -> str:
    """`/*` and `*` give `*/*`; `/v1/models` and `GET` give `~1v1~1models/GET`, as the API spells them."""
    path, method = setting.get("ResourcePath", "/*"), setting.get("HttpMethod", "*")
    return f"*/{method}" if path == "/*" else f"{path.replace('/', '~1')}/{method}"


def _method_setting(setting: Values, stage: MotoStage) -> Values:
    answer: Values = stage._get_default_method_settings()
    for name, value in setting.items():
        if name in ("ResourcePath", "HttpMethod"):
            continue
        if name not in _METHOD_SETTINGS:
            raise NotCarriedError(f"the emulated API Gateway does not keep MethodSettings.{name}")
        member, kind = _METHOD_SETTINGS[name]
        answer[member] = str(value).lower() == "true" if kind is bool else kind(value)
    return answer


class DomainName(Adapter):
    resource_type = "AWS::ApiGateway::DomainName"
    name_property = "DomainName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties["DomainName"]
        answer = context.call(
            _SERVICE, "create_domain_name", tags=tags_as_map(properties) or None, **properties.without("Tags")
        )
        return Created(name, self._attributes(name, answer, context))

    @staticmethod
    def _attributes(name: str, answer: Values, context: Context) -> Values:
        regional = answer.get("regionalDomainName") or f"d-{name}.execute-api.{context.region}.amazonaws.com"
        return {
            "DomainNameArn": context.arn("apigateway", f"/domainnames/{name}", owned=False),
            "RegionalDomainName": regional,
            "RegionalHostedZoneId": answer.get("regionalHostedZoneId", "ZLOCAL"),
            "DistributionDomainName": answer.get("distributionDomainName", ""),
            "DistributionHostedZoneId": answer.get("distributionHostedZoneId", ""),
        }

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        domain = backend(context).get_domain_name(physical_id)
        domain.tags = tags_as_map(properties)
        domain.regional_certificate_arn = properties.get("RegionalCertificateArn")
        domain.security_policy = properties.get("SecurityPolicy")
        return self._attributes(physical_id, domain.to_json(), context)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_domain_name", domainName=physical_id)


class BasePathMapping(Adapter):
    resource_type = "AWS::ApiGateway::BasePathMapping"

    def create(self, properties: Properties, context: Context) -> Created:
        context.call(_SERVICE, "create_base_path_mapping", **properties.without())
        return Created(f"{properties['DomainName']}|{self._path(properties)}")

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self.delete(physical_id, old, context)
        self.create(properties, context)
        return {}

    @staticmethod
    def _path(properties: Any) -> str:
        return properties.get("BasePath") or "(none)"

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        of_it = {"domainName": properties["DomainName"], "basePath": self._path(properties)}
        context.call(_SERVICE, "delete_base_path_mapping", **of_it)


class Account(Adapter):
    """The account's settings are not made by a stack and stay when it goes."""

    resource_type = "AWS::ApiGateway::Account"

    def create(self, properties: Properties, context: Context) -> Created:
        self._set(properties, context)
        identifier = context.generated_name()
        return Created(identifier, {"Id": identifier})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._set(properties, context)
        return {"Id": physical_id}

    @staticmethod
    def _set(properties: Properties, context: Context) -> None:
        backend(context).get_account().cloudwatch_role_arn = properties.get("CloudWatchRoleArn")

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        """Nothing: AWS leaves the settings too."""


ADAPTERS = (Deployment(), Stage(), DomainName(), BasePathMapping(), Account())
