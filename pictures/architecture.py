"""The architecture as a picture: which boxes there are, in which stack, inside the VPC or not, and a request's path.

All of it is read from the templates. Two tables say what is shown: `BOXES` has the types of resources that get a box,
`ARROWS` the types that connect two of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pictures.assembly import Assembly, Resource, text

Details = Callable[[Assembly, Resource], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Box:
    """What is drawn: a title, lines of details, and where it stands. `stack` is empty for what no stack holds."""

    key: str
    title: str
    details: tuple[str, ...]
    stack: str
    in_vpc: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, by their keys. `dotted` where it is no request's path."""

    source: str
    target: str
    label: str = ""
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What the templates say."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    vpc: str


def _web_acl(_: Assembly, resource: Resource) -> Sequence[str]:
    limits = re.findall(r"'Limit': (\d+)", str(resource.properties["Rules"]))
    return [f"{len(resource.properties['Rules'])} rules", *(f"{int(one):,} requests / 5 min" for one in limits[:1])]


def _rest_api(assembly: Assembly, _: Resource) -> Sequence[str]:
    methods = [one for one in assembly.of_type("AWS::ApiGateway::Method") if one.at("Integration.Type") == "AWS_PROXY"]
    minutes = max(one.at("Integration.TimeoutInMillis") for one in methods) // 60_000
    keys = "API keys, rates, quotas" if any(one.at("ApiKeyRequired") for one in methods) else "no API keys"
    return [f"{len(methods)} routes, streams {minutes} min", keys]


def _function(_: Assembly, resource: Resource) -> Sequence[str]:
    at_once = resource.at("ReservedConcurrentExecutions")
    said = {"chat": "prompt format, stops, stream", "authorizer": "bearer token to API key"}
    return [said[_room(resource)], *([f"up to {at_once} at once"] if at_once else [])]


def _vpc_endpoint(_: Assembly, resource: Resource) -> Sequence[str]:
    service = ".".join(resource.at("ServiceName").split(".")[3:])
    return [service, f"{resource.at('VpcEndpointType').lower()}, with a policy"]


def _sagemaker_endpoint(assembly: Assembly, resource: Resource) -> Sequence[str]:
    model, variant = _model(assembly, resource)
    isolated = ["network isolation"] if model.at("EnableNetworkIsolation") else []
    server = re.search(r"-tgi(\d[\d.]*)-", text(model.at("PrimaryContainer.Image")))
    return [
        resource.at("EndpointName").removeprefix("falconry-"),
        f"{variant['InitialInstanceCount']} x {variant['InstanceType']}",
        *([f"text-generation-inference {server[1]}"] if server else []),
        *isolated,
    ]


def _bucket(_: Assembly, resource: Resource) -> Sequence[str]:
    return ["own weights" if "Artifacts" in resource.logical_id else "who read them"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of `BOXES`. `title` may be a function of the resource."""

    type: str
    title: str | Callable[[Resource], str]
    details: Details
    group: str = ""


def _room(function: Resource) -> str:
    """The package that a function runs ("chat")."""
    return str(function.at("Handler")).partition(".")[0]


_NAMES = {"chat": "front", "authorizer": "authorizer"}
"""What the functions are called in the documentation, by their packages."""


BOXES = (
    Shown("AWS::WAFv2::WebACL", "AWS WAF", _web_acl),
    Shown("AWS::ApiGateway::RestApi", "API Gateway", _rest_api),
    Shown("AWS::Lambda::Function", lambda one: f"Lambda: {_NAMES[_room(one)]}", _function),
    Shown("AWS::EC2::VPCEndpoint", "VPC endpoint", _vpc_endpoint),
    Shown("AWS::SageMaker::Endpoint", "SageMaker endpoint", _sagemaker_endpoint),
    Shown(
        "AWS::S3::Bucket", lambda one: f"S3: {'artifacts' if 'Artifacts' in one.logical_id else 'access logs'}", _bucket
    ),
)


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


def picture(assembly: Assembly) -> Picture:
    """What a deployment consists of."""
    shown = {resource: _box(assembly, row, resource) for row in BOXES for resource in assembly.of_type(row.type)}
    outside = _weights_elsewhere(assembly, shown)
    boxes = [Box("client", "Client", ("any OpenAI client",), "", in_vpc=False), *shown.values(), *outside.values()]
    arrows = [
        *_first(assembly, shown),
        *_connections(assembly, shown),
        *_through_vpc_endpoints(assembly, shown, outside),
    ]
    watchers, told = _watchers(assembly)
    boxes += watchers
    arrows += told
    return Picture(tuple(boxes), tuple(dict.fromkeys(arrows)), _vpc(assembly))


def _box(assembly: Assembly, row: Shown, resource: Resource) -> Box:
    title = row.title if isinstance(row.title, str) else row.title(resource)
    return Box(
        resource.logical_id,
        title,
        tuple(row.details(assembly, resource)),
        resource.stack,
        in_vpc=_in_vpc(assembly, resource),
        group=row.group,
    )


def _in_vpc(assembly: Assembly, resource: Resource) -> bool:
    if resource.type == "AWS::SageMaker::Endpoint":
        resource, _ = _model(assembly, resource)
    return any(resource.at(path) for path in ("VpcConfig", "VpcId", "SubnetIds"))


def _model(assembly: Assembly, endpoint: Resource) -> tuple[Resource, dict[str, object]]:
    """The SageMaker model behind an endpoint, and its production variant."""
    (config,) = assembly.referred(endpoint, "EndpointConfigName")
    (model,) = [one for one in assembly.referred(config) if one.type == "AWS::SageMaker::Model"]
    return model, config.properties["ProductionVariants"][0]


def _weights_elsewhere(assembly: Assembly, shown: dict[Resource, Box]) -> dict[str, Box]:
    """Buckets that models are fetched from and that no stack makes, by name."""
    found = {}
    for endpoint in shown:
        if endpoint.type == "AWS::SageMaker::Endpoint":
            model, _ = _model(assembly, endpoint)
            name = text(model.at("PrimaryContainer.ModelDataSource.S3DataSource.S3Uri")).split("/")[2]
            if name.startswith("jumpstart"):
                found[name] = Box(name, "S3: JumpStart's bucket", ("the model's weights",), "", in_vpc=False)
    return found


def _first(assembly: Assembly, shown: dict[Resource, Box]) -> Iterable[Arrow]:
    """A client meets the web ACL first, where the API has one."""
    entry = assembly.of_type("AWS::WAFv2::WebACL") or assembly.of_type("AWS::ApiGateway::RestApi")
    return [Arrow("client", shown[one].key, "HTTPS") for one in entry]


def _connections(assembly: Assembly, shown: dict[Resource, Box]) -> Iterable[Arrow]:
    for row in ARROWS:
        for resource in assembly.of_type(row.type):
            sources = assembly.referred(resource, row.source) if row.source else [resource]
            targets = (
                [one for one in assembly.referred(resource, row.target) if one in shown]
                if resource.at(row.target)
                else []
            )
            for source in sources:
                yield from (Arrow(shown[source].key, shown[one].key, row.label, row.dotted) for one in targets)


def _through_vpc_endpoints(assembly: Assembly, shown: dict[Resource, Box], outside: dict[str, Box]) -> Iterable[Arrow]:
    """What in the VPC needs something that a VPC endpoint's policy names: the way there leads through that endpoint."""
    for gate in assembly.of_type("AWS::EC2::VPCEndpoint"):
        allowed = text(gate.at("PolicyDocument"))
        for endpoint in assembly.of_type("AWS::SageMaker::Endpoint"):
            name = f":endpoint/{endpoint.at('EndpointName')}"
            if name in allowed:
                for caller in _roles_allowing(assembly, shown, name):
                    yield Arrow(shown[caller].key, shown[gate].key, "one call")
                yield Arrow(shown[gate].key, shown[endpoint].key)
            model, _ = _model(assembly, endpoint)
            if _in_vpc(assembly, endpoint) and "s3:GetObject" in allowed:
                weights = text(model.at("PrimaryContainer.ModelDataSource.S3DataSource.S3Uri"))
                yield Arrow(shown[endpoint].key, shown[gate].key, "weights, at the start", dotted=True)
                yield from (
                    Arrow(shown[gate].key, box.key, dotted=True) for name, box in outside.items() if name in weights
                )
        for bucket in assembly.of_type("AWS::S3::Bucket"):
            if text(bucket.at("BucketName")) + "/*" in allowed:
                yield Arrow(shown[gate].key, shown[bucket].key, dotted=True)


def _roles_allowing(assembly: Assembly, shown: dict[Resource, Box], what: str) -> list[Resource]:
    """Functions in the VPC whose role's policies name `what`."""
    return [
        function
        for function in assembly.of_type("AWS::Lambda::Function")
        if shown[function].in_vpc
        for role in assembly.referred(function, "Role")
        if what in text(role.at("Policies"))
    ]


_WRITERS: Mapping[str, tuple[str, Callable[[Resource], str]]] = {
    "AWS::Lambda::Function": ("LoggingConfig", lambda one: _NAMES[_room(one)]),
    "AWS::ApiGateway::Stage": ("AccessLogSetting", lambda _: "API Gateway"),
    "AWS::WAFv2::LoggingConfiguration": ("LogDestinationConfigs", lambda _: "WAF"),
    "AWS::EC2::FlowLog": ("LogGroupName", lambda _: "VPC flows"),
}
"""Who writes into a log group: by type, the property that names the group, and the writer's name."""

_ENCRYPTED = {
    "AWS::S3::Bucket": "buckets",
    "AWS::Logs::LogGroup": "logs",
    "AWS::Lambda::Function": "front's environment",
    "AWS::SNS::Topic": "topics",
}


def _watchers(assembly: Assembly) -> tuple[list[Box], list[Arrow]]:
    """What many resources share, as one box each: keys, alarms and whom they tell, logs."""
    boxes = []
    told = assembly.of_type("AWS::SNS::Topic")
    alarms = [
        one
        for kind in ("Alarm", "CompositeAlarm")
        for one in assembly.of_type(f"AWS::CloudWatch::{kind}")
        if one.stack == "operations"
    ]
    if alarms:
        boards = [f"dashboard {one.at('DashboardName')}" for one in assembly.of_type("AWS::CloudWatch::Dashboard")]
        boxes.append(
            Box("alarms", "CloudWatch", (*boards, f"{len(alarms)} alarms"), "operations", in_vpc=False, group="watch")
        )
    arrows = []
    reached = {
        topic for alarm in alarms if alarm.at("AlarmActions") for topic in assembly.referred(alarm, "AlarmActions")
    }
    if reached:
        lines = tuple(_TOPICS[one.at("TopicName").rpartition("-")[2]] for one in told if one in reached)
        boxes.append(Box("topics", "SNS topics", lines, "operations", in_vpc=False, group="watch"))
        arrows.append(Arrow("alarms", "topics", "", dotted=True))
    boxes += [_logs(assembly), _keys(assembly)]
    return boxes, arrows


_TOPICS = {"page": "page: callers are affected", "notice": "notice: can wait"}


def _keys(assembly: Assembly) -> Box:
    lines = []
    for key in assembly.of_type("AWS::KMS::Key"):
        users = {one.type for one in assembly.all() if key in assembly.referred(one)}
        lines.append(f"{key.stack}: {', '.join(name for type_, name in _ENCRYPTED.items() if type_ in users)}")
    return Box("keys", "KMS keys", tuple(lines), "", in_vpc=False, group="shared")


def _logs(assembly: Assembly) -> Box:
    groups = assembly.of_type("AWS::Logs::LogGroup")
    written = {
        name(one)
        for type_, (path, name) in _WRITERS.items()
        for one in assembly.of_type(type_)
        if set(assembly.referred(one, path)) & set(groups)
    }
    if any(str(one.at("LogGroupName")).startswith("/aws/sagemaker/") for one in groups):
        written.add("containers")
    lines = (f"{len(groups)} groups, without prompts:", *_wrapped(sorted(written, key=str.lower)))
    return Box("logs", "CloudWatch Logs", lines, "", in_vpc=False, group="shared")


def _wrapped(words: Sequence[str]) -> list[str]:
    half = (len(words) + 1) // 2
    return [", ".join(words[:half]) + ",", ", ".join(words[half:])]


def _vpc(assembly: Assembly) -> str:
    subnets = assembly.of_type("AWS::EC2::Subnet")
    doors = [one for kind in ("InternetGateway", "NatGateway") for one in assembly.of_type(f"AWS::EC2::{kind}")]
    if not subnets:
        return "Your VPC"
    ways = "no internet gateway, no NAT" if not doors else f"ways out: {len(doors)}"
    zones = {text(one.at("AvailabilityZone")) for one in subnets}
    return f"VPC: {len(subnets)} isolated subnets in {len(zones)} zones, {ways}"
