"""SageMaker models, endpoint configs, endpoints and inference components."""

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list

_NAME_LIMIT = 63


def _retag(context: Context, arn: str, properties: Properties, old: Values) -> None:
    if tags := tags_as_list(properties):
        context.call("sagemaker", "add_tags", ResourceArn=arn, Tags=tags)
    if gone := removed_tags(old, properties):
        context.call("sagemaker", "delete_tags", ResourceArn=arn, TagKeys=gone)


def _deployment_config(properties: Properties) -> Values:
    """WaitIntervalInSeconds is optional in CloudFormation and required by the API."""
    config: Values = properties.get("DeploymentConfig") or {}
    routing = (config.get("BlueGreenUpdatePolicy") or {}).get("TrafficRoutingConfiguration")
    if routing is None:
        return {"DeploymentConfig": config} if config else {}
    complete = {"WaitIntervalInSeconds": 0} | routing
    policy = config["BlueGreenUpdatePolicy"] | {"TrafficRoutingConfiguration": complete}
    return {"DeploymentConfig": config | {"BlueGreenUpdatePolicy": policy}}


def _name(physical_id: str) -> str:
    return physical_id.rsplit("/", 1)[-1]


class Model(Adapter):
    """`Ref` is the model's ARN, as at AWS."""

    resource_type = "AWS::SageMaker::Model"
    name_property = "ModelName"

    def create(self, properties: Properties, context: Context) -> Created:
        request = properties.without("ModelName") | {
            "ModelName": properties.get("ModelName") or context.generated_name(_NAME_LIMIT),
        }
        arn = context.call("sagemaker", "create_model", **request)["ModelArn"]
        context.made(arn)
        answer = context.client("sagemaker").describe_model(ModelName=request["ModelName"])
        context.kept("sagemaker", "create_model", request, answer, ignoring=("Tags",))
        return Created(arn, {"ModelName": request["ModelName"], "ModelArn": arn})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        _retag(context, physical_id, properties, old)
        return {"ModelName": _name(physical_id), "ModelArn": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("sagemaker", "delete_model", ModelName=_name(physical_id))


class EndpointConfig(Adapter):
    """`Ref` is the config's ARN."""

    resource_type = "AWS::SageMaker::EndpointConfig"
    name_property = "EndpointConfigName"

    def create(self, properties: Properties, context: Context) -> Created:
        request = properties.without("EndpointConfigName") | {
            "EndpointConfigName": properties.get("EndpointConfigName") or context.generated_name(_NAME_LIMIT),
        }
        arn = context.call("sagemaker", "create_endpoint_config", **request)["EndpointConfigArn"]
        context.made(arn)
        name = request["EndpointConfigName"]
        answer = context.client("sagemaker").describe_endpoint_config(EndpointConfigName=name)
        context.kept("sagemaker", "create_endpoint_config", request, answer, ignoring=("Tags",))
        return Created(arn, {"EndpointConfigName": name, "EndpointConfigArn": arn})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        _retag(context, physical_id, properties, old)
        return {"EndpointConfigName": _name(physical_id), "EndpointConfigArn": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("sagemaker", "delete_endpoint_config", EndpointConfigName=_name(physical_id))


class Endpoint(Adapter):
    """An update to another config keeps the endpoint, its name and its ARN (UpdateEndpoint)."""

    resource_type = "AWS::SageMaker::Endpoint"
    name_property = "EndpointName"
    _update_only = ("RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig")

    def create(self, properties: Properties, context: Context) -> Created:
        request = properties.without("EndpointName", *self._update_only) | _deployment_config(properties)
        request["EndpointName"] = properties.get("EndpointName") or context.generated_name(_NAME_LIMIT)
        properties.only(*self._update_only)  # meant for updates
        arn = context.call("sagemaker", "create_endpoint", **request)["EndpointArn"]
        return Created(arn, {"EndpointName": request["EndpointName"], "EndpointArn": arn})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        name = _name(physical_id)
        changes = properties.without("EndpointName", "Tags")
        if any(changes.get(key) != old.get(key) for key in ("EndpointConfigName", "DeploymentConfig")):
            request = changes | _deployment_config(properties)
            context.call("sagemaker", "update_endpoint", EndpointName=name, **request)
        _retag(context, physical_id, properties, old)
        return {"EndpointName": name, "EndpointArn": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("sagemaker", "delete_endpoint", EndpointName=_name(physical_id))


class InferenceComponent(Adapter):
    resource_type = "AWS::SageMaker::InferenceComponent"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("InferenceComponentName") or context.generated_name(_NAME_LIMIT)
        request = properties.without("InferenceComponentName", "EndpointArn", "DeploymentConfig")
        properties.only("EndpointArn", "DeploymentConfig")  # an answer, and the way of updates
        arn = context.call("sagemaker", "create_inference_component", InferenceComponentName=name, **request)
        return self._created(name, arn["InferenceComponentArn"])

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        name = _name(physical_id)
        changes = properties.only("Specification", "Specifications", "RuntimeConfig", "DeploymentConfig")
        context.call("sagemaker", "update_inference_component", InferenceComponentName=name, **changes)
        _retag(context, physical_id, properties, old)
        return self._created(name, physical_id).attributes

    @staticmethod
    def _created(name: str, arn: str) -> Created:
        attributes = {
            "InferenceComponentArn": arn,
            "InferenceComponentName": name,
            "InferenceComponentStatus": "InService",
        }
        return Created(arn, attributes)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("sagemaker", "delete_inference_component", InferenceComponentName=_name(physical_id))


ADAPTERS = (Model(), EndpointConfig(), Endpoint(), InferenceComponent())
