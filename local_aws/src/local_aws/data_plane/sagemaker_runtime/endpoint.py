"""Endpoints as SageMaker describes them: status, production variant, and the container to run."""

import re
from collections.abc import Collection, Mapping
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
class Served:
    """A model that an endpoint holds, as itself or as an inference component of so many `copies`."""

    container: Container
    copies: int = 1


@dataclass(frozen=True)
class Endpoint:
    """`served` has the endpoint's own model under None, or its inference components under their names, where
    `has_components`."""

    name: str
    arn: str
    status: str
    variant: str
    has_components: bool
    served: Mapping[str | None, Served]


Seen = tuple[object, ...]


def list_endpoints(client: Any, with_components: Collection[str] = ()) -> dict[str, Seen]:
    """The account's endpoints, each with what tells a change of it: status and times, and those of the components of
    the endpoints that are known to have any."""
    seen: dict[str, Seen] = {}
    for page in client.get_paginator("list_endpoints").paginate():
        for item in page["Endpoints"]:
            times = item.get("CreationTime"), item.get("LastModifiedTime")
            seen[item["EndpointName"]] = (item["EndpointStatus"], *times)
    for name in seen.keys() & set(with_components):
        listed = client.list_inference_components(EndpointNameEquals=name)["InferenceComponents"]
        seen[name] += tuple((item["InferenceComponentName"], item.get("LastModifiedTime")) for item in listed)
    return seen


def load_endpoint(client: Any, name: str) -> Endpoint:
    """Reads endpoint, endpoint config, components and models with a boto3 `sagemaker` client."""
    endpoint = client.describe_endpoint(EndpointName=name)
    config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    variant = config["ProductionVariants"][0]
    served: dict[str | None, Served] = {}
    has_components = not variant.get("ModelName")
    if not has_components:
        served[None] = Served(_of_model(client, variant["ModelName"]))
    else:
        listed = client.list_inference_components(EndpointNameEquals=name)["InferenceComponents"]
        for item in listed:
            component = client.describe_inference_component(InferenceComponentName=item["InferenceComponentName"])
            served[item["InferenceComponentName"]] = Served(
                _of_model(client, component["Specification"]["ModelName"]),
                component["RuntimeConfig"]["CurrentCopyCount"],
            )
    return Endpoint(
        name, endpoint["EndpointArn"], endpoint["EndpointStatus"], variant["VariantName"], has_components, served
    )


def _of_model(client: Any, name: str) -> Container:
    model = client.describe_model(ModelName=name)
    return _container(model.get("PrimaryContainer") or (model.get("Containers") or [{}])[0])


def _container(item: dict[str, Any]) -> Container:
    return Container(
        image=item.get("Image") or "",
        environment=tuple(sorted((item.get("Environment") or {}).items())),
        model_data=repr(item.get("ModelDataSource") or item.get("ModelDataUrl")),
    )
