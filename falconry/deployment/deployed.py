"""What SageMaker says of a deployment's endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from catalog import MODELS
from falconry.aws_errors import code_of
from settings import serving

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
    image: str
    environment: Mapping[str, str]
    weights: str
    subnets: frozenset[str]
    created: datetime
    changed: datetime


def endpoints(target: Target) -> dict[str, DeployedEndpoint]:
    """The deployment's endpoints by the name of their model, those of models that left the config too."""
    sagemaker = target.client("sagemaker")
    names = {f"{serving.prefix(target.settings)}-{model}": model for model in MODELS}
    found: list[str] = []
    for page in sagemaker.get_paginator("list_endpoints").paginate(NameContains=serving.prefix(target.settings)):
        found += [item["EndpointName"] for item in page["Endpoints"] if item["EndpointName"] in names]
    with ThreadPoolExecutor(8) as pool:
        described = pool.map(lambda name: _describe(sagemaker, name, names[name]), found)
        return {one.model: one for one in described if one is not None}


def _describe(sagemaker: Any, name: str, model: str) -> DeployedEndpoint | None:
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
        variant = config["ProductionVariants"][0]
        served = sagemaker.describe_model(ModelName=variant["ModelName"]) if variant.get("ModelName") else {}
    except ClientError as error:
        # Gone since it was listed.
        if "Could not find" in str(error) or code_of(error) == "ResourceNotFound":
            return None
        raise
    container = served.get("PrimaryContainer") or (served.get("Containers") or [{}])[0]
    source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
    running = (endpoint.get("ProductionVariants") or [{}])[0]
    count = variant.get("InitialInstanceCount", 0)
    return DeployedEndpoint(
        model=model,
        name=name,
        variant=variant["VariantName"],
        status=endpoint["EndpointStatus"],
        failure=endpoint.get("FailureReason"),
        instance_type=variant.get("InstanceType", ""),
        instances=running.get("CurrentInstanceCount", 0),
        desired=running.get("DesiredInstanceCount", count),
        configured=count,
        image=container.get("Image", ""),
        environment=container.get("Environment") or {},
        weights=source.get("S3Uri") or container.get("ModelDataUrl") or "",
        subnets=frozenset((served.get("VpcConfig") or {}).get("Subnets", [])),
        created=endpoint["CreationTime"],
        changed=endpoint["LastModifiedTime"],
    )


def url(target: Target) -> str | None:
    """The base URL for OpenAI clients, or None where no API is deployed."""
    if target.local is not None:
        return str(target.local["base_url"])
    try:
        answer = target.client("ssm").get_parameter(Name=target.parameter("api/url"))
    except ClientError as error:
        if code_of(error) == "ParameterNotFound":
            return None
        raise
    return str(answer["Parameter"]["Value"])
