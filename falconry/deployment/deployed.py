"""The endpoints of a deployment, as SageMaker describes them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from falconry.aws_errors import code_of
from falconry.catalog import MODELS

if TYPE_CHECKING:
    from falconry.target import Target


@dataclass(frozen=True, slots=True)
class DeployedEndpoint:
    """One endpoint as it is now.

    Attributes:
        model: the catalog's name of what it serves, by the endpoint's name.
        status: SageMaker's: "InService", "Updating", "Failed" and so on.
        instances, desired: of its one production variant, as they are and as they are to be; scaling moves them.
        configured: with how many it was deployed.
        components: whether it holds inference components, which can be scaled to zero, instead of a model.
        scaled: whether Application Auto Scaling moves the number of instances.
        weights: "s3://..." of what it serves.
        subnets: where its model is.
    """

    model: str
    name: str
    variant: str
    status: str
    failure: str | None
    instance_type: str
    instances: int
    desired: int
    configured: int
    components: bool
    scaled: bool
    image: str
    environment: Mapping[str, str]
    weights: str
    subnets: frozenset[str]
    created: datetime
    changed: datetime


def endpoints(target: Target) -> dict[str, DeployedEndpoint]:
    """The deployment's endpoints by the name of their model, also for models that were removed from the config.

    Where a model has two, since its mode of scaling is being changed, it is the one that the config means.
    """
    sagemaker, scaling = target.client("sagemaker"), target.client("application-autoscaling")
    names = target.settings.names
    models = {names.endpoint(model, components=kind): model for model in MODELS for kind in (False, True)}
    found: list[str] = []
    for page in sagemaker.get_paginator("list_endpoints").paginate(NameContains=names.prefix):
        found += [item["EndpointName"] for item in page["Endpoints"] if item["EndpointName"] in models]
    meant = {target.settings.endpoint_name(model) for model in target.settings.models}
    with ThreadPoolExecutor(8) as pool:
        described = pool.map(lambda name: _describe(sagemaker, scaling, name, models[name]), found)
        known = [one for one in described if one is not None]
    return {one.model: one for one in sorted(known, key=lambda one: one.name in meant)}


def _describe(sagemaker: Any, scaling: Any, name: str, model: str) -> DeployedEndpoint | None:
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        variant = config["ProductionVariants"][0]
        component = None if variant.get("ModelName") else _component(sagemaker, name)
        served_name = variant.get("ModelName") or (component or {}).get("Specification", {}).get("ModelName")
        served = sagemaker.describe_model(ModelName=served_name) if served_name else {}
    except ClientError as error:
        # Gone since it was listed.
        if "Could not find" in str(error) or code_of(error) == "ResourceNotFound":
            return None
        raise
    container = served.get("PrimaryContainer") or (served.get("Containers") or [{}])[0]
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    running = (endpoint.get("ProductionVariants") or [{}])[0]
    count = variant.get("InitialInstanceCount", 0)
    copies = (component or {}).get("RuntimeConfig", {})
    resource = f"endpoint/{name}/variant/{variant['VariantName']}"
    return DeployedEndpoint(
        model=model,
        name=name,
        variant=variant["VariantName"],
        status=endpoint["EndpointStatus"],
        failure=endpoint.get("FailureReason"),
        instance_type=variant.get("InstanceType", ""),
        instances=copies.get("CurrentCopyCount", running.get("CurrentInstanceCount", 0)),
        desired=copies.get("DesiredCopyCount", running.get("DesiredInstanceCount", count)),
        configured=count,
        components=not variant.get("ModelName"),
        scaled=bool(variant.get("ModelName")) and _is_scaled(scaling, resource),
        image=container.get("Image", ""),
        environment=container.get("Environment") or {},
        weights=source.get("S3Uri") or container.get("ModelDataUrl") or "",
        subnets=frozenset((served.get("VpcConfig") or {}).get("Subnets", [])),
        created=endpoint["CreationTime"],
        changed=endpoint["LastModifiedTime"],
    )


def _component(sagemaker: Any, endpoint_name: str) -> dict[str, Any] | None:
    """The endpoint's inference component; a copy of it has an instance of its own."""
    listed = sagemaker.list_inference_components(EndpointNameEquals=endpoint_name)["InferenceComponents"]
    if not listed:
        return None
    found: dict[str, Any] = sagemaker.describe_inference_component(
        InferenceComponentName=listed[0]["InferenceComponentName"]
    )
    return found


def _is_scaled(scaling: Any, resource_id: str) -> bool:
    found = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource_id])
    return bool(found["ScalableTargets"])


def url(target: Target) -> str | None:
    """The base URL for OpenAI clients, or None where no API is deployed."""
    if target.local is not None:
        return str(target.local["base_url"])
    try:
        answer = target.client("ssm").get_parameter(Name=target.settings.names.url_parameter)
    except ClientError as error:
        if code_of(error) == "ParameterNotFound":
            return None
        raise
    return str(answer["Parameter"]["Value"])
