"""The resources with a box in the architecture's picture, and its text: the table `BOXES`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from falconry.catalog import container_of
from tools.pictures.resource_graph import Resource, ResourceGraph, text

Details = Callable[[ResourceGraph, Resource], Sequence[str]]


def _web_acl(_: ResourceGraph, resource: Resource) -> Sequence[str]:
    limits = re.findall(r"'Limit': (\d+)", str(resource.properties["Rules"]))
    return [f"{len(resource.properties['Rules'])} rules", *(f"{int(one):,} requests / 5 min" for one in limits[:1])]


def _rest_api(resources: ResourceGraph, _: Resource) -> Sequence[str]:
    methods = [one for one in resources.of_type("AWS::ApiGateway::Method") if one.at("Integration.Type") == "AWS_PROXY"]
    minutes = max(one.at("Integration.TimeoutInMillis") for one in methods) // 60_000
    keys = "API keys, rates, quotas" if any(one.at("ApiKeyRequired") for one in methods) else "no API keys"
    return [f"{len(methods)} routes, streams {minutes} min", keys]


def _function(_: ResourceGraph, resource: Resource) -> Sequence[str]:
    at_once = resource.at("ReservedConcurrentExecutions")
    said = {"chat": "prompt format, stops, stream", "authorizer": "bearer token to API key"}
    return [said[room(resource)], *([f"up to {at_once} at once"] if at_once else [])]


def _vpc_endpoint(_: ResourceGraph, resource: Resource) -> Sequence[str]:
    service = ".".join(resource.at("ServiceName").split(".")[3:])
    return [service, f"{resource.at('VpcEndpointType').lower()}, with a policy"]


def _sagemaker_endpoint(resources: ResourceGraph, resource: Resource) -> Sequence[str]:
    model, variant = model_behind(resources, resource)
    isolated = ["network isolation"] if model.at("EnableNetworkIsolation") else []
    image = text(model.at("PrimaryContainer.Image"))
    container = container_of(image)
    return [
        resource.at("EndpointName").removeprefix("falconry-"),
        f"{variant['InitialInstanceCount']} x {variant['InstanceType']}",
        *([f"{container.product} {container.version_of(image)}"] if container else []),
        *isolated,
    ]


def _bucket(_: ResourceGraph, resource: Resource) -> Sequence[str]:
    return ["own weights" if "Artifacts" in resource.logical_id else "who read them"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of `BOXES`. `title` may be a function of the resource."""

    type: str
    title: str | Callable[[Resource], str]
    details: Details


def room(function: Resource) -> str:
    """The package that a function runs ("chat")."""
    return str(function.at("Handler")).partition(".")[0]


NAMES = {"chat": "front", "authorizer": "authorizer"}
"""What the functions are called in the documentation, by their packages."""


BOXES = (
    Shown("AWS::WAFv2::WebACL", "AWS WAF", _web_acl),
    Shown("AWS::ApiGateway::RestApi", "API Gateway", _rest_api),
    Shown("AWS::Lambda::Function", lambda one: f"Lambda: {NAMES[room(one)]}", _function),
    Shown("AWS::EC2::VPCEndpoint", "VPC endpoint", _vpc_endpoint),
    Shown("AWS::SageMaker::Endpoint", "SageMaker endpoint", _sagemaker_endpoint),
    Shown(
        "AWS::S3::Bucket", lambda one: f"S3: {'artifacts' if 'Artifacts' in one.logical_id else 'access logs'}", _bucket
    ),
)


def model_behind(resources: ResourceGraph, endpoint: Resource) -> tuple[Resource, Mapping[str, Any]]:
    """The SageMaker model behind an endpoint, and its production variant."""
    (config,) = resources.referred(endpoint, "EndpointConfigName")
    (model,) = [one for one in resources.referred(config) if one.type == "AWS::SageMaker::Model"]
    return model, config.properties["ProductionVariants"][0]
