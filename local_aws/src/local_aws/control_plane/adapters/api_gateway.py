"""API Gateway: a REST API's resources, methods, models, validators and gateway responses."""

import json
from collections.abc import Mapping
from typing import Any

from moto.apigateway.models import APIGatewayBackend, apigateway_backends

from .base import Adapter, Context, Created, NotCarriedError
from .properties import Properties, Values, tags_as_map

_SERVICE = "apigateway"


def backend(context: Context) -> APIGatewayBackend:
    """moto's own objects, for what its API cannot change (most of the patch operations are missing)."""
    found: APIGatewayBackend = apigateway_backends[context.account][context.region]
    return found


# What moto takes from an OpenAPI document, or what only documents.
_OF_DOCUMENT = {"openapi", "info", "paths", "servers", "tags"}
_OF_OPERATION = {"description", "operationId", "responses", "summary", "tags", "x-amazon-apigateway-integration"}


def _check_document(body: Values) -> None:
    """moto imports the paths and integrations of a document and loses the rest: authorizers, keys, validation."""
    lost = set(body) - _OF_DOCUMENT
    for path in body.get("paths", {}).values():
        for operation in path.values():
            lost |= set(operation) - _OF_OPERATION
            lost |= {"responseTransferMode"} & set(operation.get("x-amazon-apigateway-integration", {}))
    if lost:
        raise NotCarriedError(
            f"the emulated API Gateway does not import {sorted(lost)} from Body; use resources and methods instead"
        )


class RestApi(Adapter):
    resource_type = "AWS::ApiGateway::RestApi"

    def create(self, properties: Properties, context: Context) -> Created:
        body = properties.get("Body")
        name = properties.get("Name") or ((body or {}).get("info") or {}).get("title") or context.generated_name()
        policy = properties.get("Policy")
        request: Values = {
            "name": name,
            "policy": json.dumps(policy) if policy is not None else None,
            "tags": tags_as_map(properties) or None,
            "apiKeySource": properties.get("ApiKeySourceType"),
        }
        request |= properties.only("Description", "EndpointConfiguration", "DisableExecuteApiEndpoint")
        api_id = context.call(_SERVICE, "create_rest_api", **request)["id"]
        context.made(api_id)
        self._set_the_rest(api_id, properties, context)
        answer = context.client(_SERVICE).get_rest_api(restApiId=api_id)
        context.kept(_SERVICE, "create_rest_api", request, answer)
        return Created(api_id, self._attributes(api_id, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        api = backend(context).get_rest_api(physical_id)
        api.name = properties.get("Name") or api.name
        api.description = properties.get("Description", "")
        api.api_key_source = properties.get("ApiKeySourceType", "HEADER")
        configuration = properties.get("EndpointConfiguration") or {"Types": ["EDGE"]}
        api.endpoint_configuration = {name[0].lower() + name[1:]: value for name, value in configuration.items()}
        policy = properties.get("Policy")
        api.policy = json.dumps(policy) if policy is not None else None
        api.disableExecuteApiEndpoint = properties.get("DisableExecuteApiEndpoint", False)
        api.tags = tags_as_map(properties)
        self._set_the_rest(physical_id, properties, context)
        return self._attributes(physical_id, context)

    @staticmethod
    def _set_the_rest(api_id: str, properties: Properties, context: Context) -> None:
        # CreateRestApi of moto drops the binary media types.
        backend(context).get_rest_api(api_id).binaryMediaTypes = properties.get("BinaryMediaTypes") or []
        if body := properties.get("Body"):
            _check_document(body)
            text = json.dumps(body).encode()
            context.client(_SERVICE).put_rest_api(restApiId=api_id, mode="overwrite", body=text)

    @staticmethod
    def _attributes(api_id: str, context: Context) -> Values:
        api = backend(context).get_rest_api(api_id)
        root = next(item.id for item in api.resources.values() if item.path_part == "/" and not item.parent_id)
        return {"RestApiId": api_id, "RootResourceId": root}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_rest_api", restApiId=physical_id)


class Resource(Adapter):
    resource_type = "AWS::ApiGateway::Resource"

    def create(self, properties: Properties, context: Context) -> Created:
        answer = context.call(_SERVICE, "create_resource", **properties.only("RestApiId", "ParentId", "PathPart"))
        return Created(answer["id"], {"ResourceId": answer["id"]})

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_resource", restApiId=properties["RestApiId"], resourceId=physical_id)


class Method(Adapter):
    """The method, its integration and both kinds of responses: four API calls at AWS too."""

    resource_type = "AWS::ApiGateway::Method"

    def create(self, properties: Properties, context: Context) -> Created:
        where = self._where(properties)
        context.made(self._id(where))
        self._put(where, properties, context)
        return Created(self._id(where))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        # Putting a method anew replaces it with its integration; moto's UpdateMethod does not know most of the members.
        self._put(self._where(properties), properties, context)
        return {}

    @staticmethod
    def _where(properties: Mapping[str, Any]) -> Values:
        return {name: properties[name] for name in ("RestApiId", "ResourceId", "HttpMethod")}

    @staticmethod
    def _id(where: Values) -> str:
        return "|".join(where.values())

    def _put(self, where: Values, properties: Properties, context: Context) -> None:
        method = properties.without("Integration", "MethodResponses")
        method.setdefault("AuthorizationType", "NONE")
        context.call(_SERVICE, "put_method", **method)
        integration: Values = dict(properties.get("Integration") or {})
        integration_responses = integration.pop("IntegrationResponses", [])
        if integration:
            context.call(_SERVICE, "put_integration", **where, **integration)
        for response in properties.get("MethodResponses") or []:
            context.call(_SERVICE, "put_method_response", **where, **response)
        for response in integration_responses:
            context.call(_SERVICE, "put_integration_response", **where, **response)
        answer = context.call(_SERVICE, "get_method", **where)
        context.kept(_SERVICE, "put_method", method, answer, ignoring=("restApiId", "resourceId"))
        if integration:
            renamed = {"IntegrationHttpMethod": "httpMethod"}  # what the answer calls it
            wanted = {renamed.get(name, name): value for name, value in integration.items()}
            kept = answer["methodIntegration"]
            context.kept(_SERVICE, "put_integration", wanted, kept, ignoring=("httpMethod",))

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_method", **self._where(properties))


class GatewayResponse(Adapter):
    resource_type = "AWS::ApiGateway::GatewayResponse"

    def create(self, properties: Properties, context: Context) -> Created:
        request = properties.without()
        context.call(_SERVICE, "put_gateway_response", **request)
        answer = context.call(_SERVICE, "get_gateway_response", **self._where(properties))
        context.kept(_SERVICE, "put_gateway_response", request, answer, ignoring=("restApiId",))
        identifier = f"{properties['RestApiId']}|{properties['ResponseType']}"
        return Created(identifier, {"Id": identifier})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        context.call(_SERVICE, "put_gateway_response", **properties.without())
        return {"Id": physical_id}

    @staticmethod
    def _where(properties: Mapping[str, Any]) -> Values:
        return {name: properties[name] for name in ("RestApiId", "ResponseType")}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(_SERVICE, "delete_gateway_response", **self._where(properties))


ADAPTERS = (RestApi(), Resource(), Method(), GatewayResponse())
