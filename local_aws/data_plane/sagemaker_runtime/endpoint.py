"""Endpoints as SageMaker describes them: status, production variant, and the container to run."""

import re
from dataclasses import dataclass
from typing import Any

# The deep learning containers name the TGI version in their tag:
# huggingface-pytorch-tgi-inference:2.1.1-tgi1.4.0-gpu-py310-...
_TGI_TAG = re.compile(r":.*?tgi(\d+\.\d+\.\d+)")


@dataclass(frozen=True)
class Container:
    """What has to be started again when it changes."""

    image: str
    environment: tuple[tuple[str, str], ...]
    model_data: str

    @property
    def tgi_version(self) -> str | None:
        match = _TGI_TAG.search(self.image)
        return match[1] if match else None


@dataclass(frozen=True)
class Endpoint:
    name: str
    arn: str
    status: str
    variant: str
    container: Container | None


def list_endpoints(client: Any) -> list[dict[str, Any]]:
    """The account's endpoints, each with name, status and the times that tell a change."""
    items: list[dict[str, Any]] = []
    for page in client.get_paginator("list_endpoints").paginate():
        items += page["Endpoints"]
    return items


def load_endpoint(client: Any, name: str) -> Endpoint:
    """Reads endpoint, endpoint config and model with a boto3 `sagemaker` client."""
    endpoint = client.describe_endpoint(EndpointName=name)
    config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    variant = config["ProductionVariants"][0]
    container = None
    if variant.get("ModelName"):
        model = client.describe_model(ModelName=variant["ModelName"])
        container = _container(model.get("PrimaryContainer") or (model.get("Containers") or [{}])[0])
    return Endpoint(name, endpoint["EndpointArn"], endpoint["EndpointStatus"], variant["VariantName"], container)


def _container(item: dict[str, Any]) -> Container:
    return Container(
        image=item.get("Image") or "",
        environment=tuple(sorted((item.get("Environment") or {}).items())),
        model_data=repr(item.get("ModelDataSource") or item.get("ModelDataUrl")),
    )
