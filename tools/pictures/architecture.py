"""The architecture as a picture: its boxes, by stack and inside or outside the VPC, and a request's path.

All of it is read from the templates. Two tables say what is shown: `BOXES` has the types of resources that get a box,
`ARROWS` the types that connect two of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.pictures.boxes import Arrow, Box, Picture
from tools.pictures.resource_graph import Resource, ResourceGraph, text
from tools.pictures.shared import watchers
from tools.pictures.shown import BOXES, Shown, model_behind


@dataclass(frozen=True, slots=True)
class Connecting:
    """One row of `ARROWS`: each resource of the type leads from what one property refers to, to what another does."""

    type: str
    source: str
    target: str
    label: str = ""
    dotted: bool = False


ARROWS = (
    Connecting("AWS::WAFv2::WebACLAssociation", "WebACLArn", "ResourceArn", ""),
    Connecting("AWS::ApiGateway::Authorizer", "RestApiId", "AuthorizerUri", "whose key?"),
    Connecting("AWS::ApiGateway::Method", "RestApiId", "Integration.Uri", "streams"),
    Connecting("AWS::S3::Bucket", "", "LoggingConfiguration.DestinationBucketName", "", dotted=True),
)


def picture(resources: ResourceGraph) -> Picture:
    """The boxes and arrows of a deployment."""
    shown = {resource: _box(resources, row, resource) for row in BOXES for resource in resources.of_type(row.type)}
    outside = _weights_elsewhere(resources, shown)
    boxes = [Box("client", "Client", ("any OpenAI client",), "", in_vpc=False), *shown.values(), *outside.values()]
    arrows = [
        *_first(resources, shown),
        *_connections(resources, shown),
        *_through_vpc_endpoints(resources, shown, outside),
    ]
    common, told = watchers(resources)
    boxes += common
    arrows += told
    return Picture(tuple(boxes), tuple(dict.fromkeys(arrows)), _vpc(resources))


def _box(resources: ResourceGraph, row: Shown, resource: Resource) -> Box:
    title = row.title if isinstance(row.title, str) else row.title(resource)
    return Box(
        resource.logical_id,
        title,
        tuple(row.details(resources, resource)),
        resource.stack,
        in_vpc=_in_vpc(resources, resource),
    )


def _in_vpc(resources: ResourceGraph, resource: Resource) -> bool:
    if resource.type == "AWS::SageMaker::Endpoint":
        resource, _ = model_behind(resources, resource)
    return any(resource.at(path) for path in ("VpcConfig", "VpcId", "SubnetIds"))


def _weights_elsewhere(resources: ResourceGraph, shown: dict[Resource, Box]) -> dict[str, Box]:
    """Buckets, by name, that models are downloaded from and no stack creates."""
    found = {}
    for endpoint in shown:
        if endpoint.type == "AWS::SageMaker::Endpoint":
            model, _ = model_behind(resources, endpoint)
            name = text(model.at("PrimaryContainer.ModelDataSource.S3DataSource.S3Uri")).split("/")[2]
            if name.startswith("jumpstart"):
                found[name] = Box(name, "S3: JumpStart's bucket", ("the model's weights",), "", in_vpc=False)
    return found


def _first(resources: ResourceGraph, shown: dict[Resource, Box]) -> Iterable[Arrow]:
    """A client reaches the web ACL first, if the API has one."""
    entry = resources.of_type("AWS::WAFv2::WebACL") or resources.of_type("AWS::ApiGateway::RestApi")
    return [Arrow("client", shown[one].key, "HTTPS") for one in entry]


def _connections(resources: ResourceGraph, shown: dict[Resource, Box]) -> Iterable[Arrow]:
    for row in ARROWS:
        for resource in resources.of_type(row.type):
            sources = resources.referred(resource, row.source) if row.source else [resource]
            targets = (
                [one for one in resources.referred(resource, row.target) if one in shown]
                if resource.at(row.target)
                else []
            )
            for source in sources:
                yield from (Arrow(shown[source].key, shown[one].key, row.label, row.dotted) for one in targets)


def _through_vpc_endpoints(
    resources: ResourceGraph, shown: dict[Resource, Box], outside: dict[str, Box]
) -> Iterable[Arrow]:
    """Resources in the VPC that need what a VPC endpoint's policy names: they reach it through that endpoint."""
    for gate in resources.of_type("AWS::EC2::VPCEndpoint"):
        allowed = text(gate.at("PolicyDocument"))
        for endpoint in resources.of_type("AWS::SageMaker::Endpoint"):
            name = f":endpoint/{endpoint.at('EndpointName')}"
            if name in allowed:
                for caller in _roles_allowing(resources, shown, name):
                    yield Arrow(shown[caller].key, shown[gate].key, "one call")
                yield Arrow(shown[gate].key, shown[endpoint].key)
            model, _ = model_behind(resources, endpoint)
            if _in_vpc(resources, endpoint) and "s3:GetObject" in allowed:
                weights = text(model.at("PrimaryContainer.ModelDataSource.S3DataSource.S3Uri"))
                yield Arrow(shown[endpoint].key, shown[gate].key, "weights, at the start", dotted=True)
                yield from (
                    Arrow(shown[gate].key, box.key, dotted=True) for name, box in outside.items() if name in weights
                )
        for bucket in resources.of_type("AWS::S3::Bucket"):
            if text(bucket.at("BucketName")) + "/*" in allowed:
                yield Arrow(shown[gate].key, shown[bucket].key, dotted=True)


def _roles_allowing(resources: ResourceGraph, shown: dict[Resource, Box], what: str) -> list[Resource]:
    """Functions in the VPC whose role's policies name `what`."""
    return [
        function
        for function in resources.of_type("AWS::Lambda::Function")
        if shown[function].in_vpc
        for role in resources.referred(function, "Role")
        if what in text(role.at("Policies"))
    ]


def _vpc(resources: ResourceGraph) -> str:
    subnets = resources.of_type("AWS::EC2::Subnet")
    doors = [one for kind in ("InternetGateway", "NatGateway") for one in resources.of_type(f"AWS::EC2::{kind}")]
    if not subnets:
        return "Your VPC"
    ways = "no internet gateway, no NAT" if not doors else f"ways out: {len(doors)}"
    zones = {text(one.at("AvailabilityZone")) for one in subnets}
    return f"VPC: {len(subnets)} isolated subnets in {len(zones)} zones, {ways}"
