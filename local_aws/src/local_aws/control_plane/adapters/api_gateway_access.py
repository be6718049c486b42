"""API Gateway: who may call, and how much: authorizers, API keys and usage plans."""

from .api_gateway import backend
from .base import Adapter, Context, Created
from .properties import Properties, Values, tags_as_map

_SERVICE = "apigateway"


class Authorizer(Adapter):
    resource_type = "AWS::ApiGateway::Authorizer"

    def create(self, properties: Properties, context: Context) -> Created:
        request = properties.without()
        answer = context.call(_SERVICE, "create_authorizer", **request)
        authorizer_id = answer["id"]
        context.made(authorizer_id)
        self._set_the_rest(authorizer_id, properties, context)
        kept = context.call(_SERVICE, "get_authorizer", restApiId=properties["RestApiId"], authorizerId=authorizer_id)
        context.kept(_SERVICE, "create_authorizer", request, kept, ignoring=("restApiId",))
        return Created(authorizer_id, {"AuthorizerId": authorizer_id})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        authorizer = backend(context).get_authorizer(properties["RestApiId"], physical_id)
        authorizer.name, authorizer.type = properties["Name"], properties["Type"]
        authorizer.provider_arns = properties.get("ProviderARNs")
        authorizer.auth_type = properties.get("AuthType")
        authorizer.authorizer_uri = properties.get("AuthorizerUri")
        authorizer.authorizer_credentials = properties.get("AuthorizerCredentials")
        authorizer.identity_source = properties.get("IdentitySource")
        authorizer.authorizer_result_ttl = int(properties.get("AuthorizerResultTtlInSeconds", 300))
        self._set_the_rest(physical_id, properties, context)
        return {"AuthorizerId": physical_id}

    @staticmethod
    def _set_the_rest(authorizer_id: str, properties: Properties, context: Context) -> None:
        # moto misspells this member on its way from the request ("identiy") and loses it.
        authorizer = backend(context).get_authorizer(properties["RestApiId"], authorizer_id)
        authorizer.identity_validation_expression = properties.get("IdentityValidationExpression")

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_authorizer", restApiId=properties["RestApiId"], authorizerId=physical_id)


class ApiKey(Adapter):
    """Without a `Value`, API Gateway generates one."""

    resource_type = "AWS::ApiGateway::ApiKey"
    name_property = "Name"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("Name") or context.generated_name()
        request = properties.without("Name", "Tags")
        answer = context.call(_SERVICE, "create_api_key", name=name, tags=tags_as_map(properties) or None, **request)
        return Created(answer["id"], {"APIKeyId": answer["id"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        key = backend(context).get_api_key(physical_id)
        key.description = properties.get("Description", "")
        key.enabled = properties.get("Enabled", False)
        key.customer_id = properties.get("CustomerId")
        stages = properties.get("StageKeys") or []
        key.stage_keys = [f"{stage['RestApiId']}/{stage['StageName']}" for stage in stages]
        key.tags = tags_as_map(properties)  # type: ignore[assignment]  # moto's own annotation says list, its API a map
        return {"APIKeyId": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_api_key", apiKey=physical_id)


class UsagePlan(Adapter):
    resource_type = "AWS::ApiGateway::UsagePlan"

    def create(self, properties: Properties, context: Context) -> Created:
        request = self._request(properties, context)
        plan_id = context.call(_SERVICE, "create_usage_plan", **request)["id"]
        context.made(plan_id)
        answer = context.client(_SERVICE).get_usage_plan(usagePlanId=plan_id)
        context.kept(_SERVICE, "create_usage_plan", request, answer)
        return Created(plan_id, {"Id": plan_id})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        # A plan made anew gives the members in the API's form; the old one, with its id and keys, takes them over.
        made = context.call(_SERVICE, "create_usage_plan", **self._request(properties, context))
        plans = backend(context).usage_plans
        plan = plans.pop(made["id"])
        plan.id = physical_id
        plans[physical_id] = plan
        return {"Id": physical_id}

    @staticmethod
    def _request(properties: Properties, context: Context) -> Values:
        request: Values = {
            "name": properties.get("UsagePlanName") or context.generated_name(),
            "tags": tags_as_map(properties) or None,
        }
        return request | properties.only("ApiStages", "Description", "Quota", "Throttle")

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_usage_plan", usagePlanId=physical_id)


class UsagePlanKey(Adapter):
    resource_type = "AWS::ApiGateway::UsagePlanKey"

    def create(self, properties: Properties, context: Context) -> Created:
        context.call(_SERVICE, "create_usage_plan_key", **properties.only("UsagePlanId", "KeyId", "KeyType"))
        identifier = f"{properties['KeyId']}:{properties['UsagePlanId']}"
        return Created(identifier, {"Id": identifier})

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        of_it = {"usagePlanId": properties["UsagePlanId"], "keyId": properties["KeyId"]}
        context.call(_SERVICE, "delete_usage_plan_key", **of_it)


ADAPTERS = (Authorizer(), ApiKey(), UsagePlan(), UsagePlanKey())
