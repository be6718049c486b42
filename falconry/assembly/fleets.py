"""The endpoints of an assembly: name, model, and fleet of instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Stack
from falconry.assembly.values import Reader
from falconry.catalog import MODELS
from falconry.catalog.endpoint_updates import LONGEST_START_SECONDS

BF16_GIB = 2 / 2**30
"""JumpStart's weights are bf16, two bytes per parameter, even if the container quantizes them while loading."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """One endpoint with its instances.

    Attributes:
        logical_ids: of the endpoint, its config, its models and its inference components, in that order.
        instance_type: of its first variant; "" where the template does not tell.
        fewest, most: bounds of the scaling, its schedules included; the fixed count where nothing scales.
        started: with how many instances a new config begins.
        scaled: whether Application Auto Scaling has a target for a variant.
        components: whether it holds inference components.
        weights_gib: what an instance downloads, None for a model that the catalog does not know.
        limits: seconds that SageMaker waits for the download and for the container's start.
        deployment: the DeploymentConfig of the endpoint, or of its component.
    """

    stack: str
    name: str
    logical_ids: tuple[str, ...]
    model: str
    instance_type: str
    fewest: int
    most: int
    started: int
    scaled: bool
    components: bool
    weights_gib: float | None
    limits: tuple[float, float]
    deployment: Mapping[str, Any]

    @property
    def logical_id(self) -> str:
        return self.logical_ids[0]


def fleets(assembly: CloudAssembly) -> list[Fleet]:
    """Every endpoint, in the order of the templates."""
    return [
        _fleet(assembly, stack, logical_id, resource["Properties"])
        for stack, logical_id, resource in assembly.of_type("AWS::SageMaker::Endpoint")
    ]


def _fleet(assembly: CloudAssembly, stack: Stack, logical_id: str, properties: Mapping[str, Any]) -> Fleet:
    reader = Reader(assembly, stack)
    name = reader.text(properties["EndpointName"]) if "EndpointName" in properties else stack.path(logical_id)
    config_id = _target(properties.get("EndpointConfigName"))
    config = _properties(stack, config_id)
    variant: Mapping[str, Any] = next(iter(config.get("ProductionVariants", [])), {})
    components = {
        key: resource["Properties"]
        for key, resource in stack.resources.items()
        if resource["Type"] == "AWS::SageMaker::InferenceComponent"
        and reader.text(resource["Properties"].get("EndpointName")) == name
    }
    component = next(iter(components.values()), None)
    specification = (component or {}).get("Specification", {})
    model_id = _target(specification.get("ModelName") if component else variant.get("ModelName"))
    model, weights = _model(reader, _properties(stack, model_id), name)
    startup = specification.get("StartupParameters", {}) if component else variant
    started = int(variant.get("InitialInstanceCount", 1))
    fewest, most, scaled = started, started, False
    resource_ids = [f"endpoint/{name}/variant/{variant.get('VariantName')}"] + [
        f"inference-component/{reader.text(one.get('InferenceComponentName'))}" for one in components.values()
    ]
    for _, _, target in assembly.of_type("AWS::ApplicationAutoScaling::ScalableTarget"):
        if reader.text(target["Properties"]["ResourceId"]) in resource_ids:
            bounds = list(_bounds(target["Properties"]))
            fewest, most, scaled = min(one[0] for one in bounds), max(one[1] for one in bounds), True
    return Fleet(
        stack=stack.name,
        name=name,
        logical_ids=(logical_id, *(one for one in (config_id, model_id, *components) if one)),
        model=model,
        instance_type=str(variant.get("InstanceType", "")),
        fewest=fewest,
        most=most,
        started=started,
        scaled=scaled and not components,
        components=bool(components),
        weights_gib=weights,
        limits=(
            float(startup.get("ModelDataDownloadTimeoutInSeconds", LONGEST_START_SECONDS)),
            float(startup.get("ContainerStartupHealthCheckTimeoutInSeconds", LONGEST_START_SECONDS)),
        ),
        deployment=(component or properties).get("DeploymentConfig", {}),
    )


def _bounds(target: Mapping[str, Any]) -> Iterator[tuple[int, int]]:
    yield int(target["MinCapacity"]), int(target["MaxCapacity"])
    for action in target.get("ScheduledActions", []):
        bounds = action.get("ScalableTargetAction", {})
        yield (
            int(bounds.get("MinCapacity", target["MinCapacity"])),
            int(bounds.get("MaxCapacity", target["MaxCapacity"])),
        )


def _model(reader: Reader, properties: Mapping[str, Any], endpoint: str) -> tuple[str, float | None]:
    """The catalog's name and the GiB of weights: by where they lie or, for a copy, by the endpoint's name."""
    container = properties.get("PrimaryContainer", {})
    uri = reader.text(container.get("ModelDataSource", {}).get("S3DataSource", {}).get("S3Uri", ""))
    for model in MODELS.values():
        if uri.endswith(f"/{model.model_data_key}") or endpoint.removesuffix("-components").endswith(f"-{model.name}"):
            return model.name, model.dimensions.parameters * BF16_GIB
    return "", None


def _properties(stack: Stack, logical_id: str | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stack.resources.get(logical_id or "", {}).get("Properties", {})
    return found


def _target(reference: Any) -> str | None:
    match reference:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), _]}:
            return name
    return None
