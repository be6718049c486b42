"""`python -m falconry.catalog.verify`: checks the catalog against the tables in the SageMaker Python SDK.

Needs the packages of requirements/sagemaker.txt and no network. Prints each disagreement and exits with 1 if there is
one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from falconry.catalog.containers import CONTAINERS, Container
from falconry.catalog.instance_types import INSTANCE_TYPES
from falconry.catalog.models import MODELS
from falconry.catalog.regions import REGIONS


def image_disagreements(
    container: Container, registries: Mapping[str, Mapping[str, str]], uri: Callable[[str, str], str]
) -> Iterator[str]:
    """Images of `container` that differ from the SDK's.

    Args:
        registries: of each version of the container, the account of each region.
        uri: the whole name of the image of a version in a region.
    """
    served = [model for model in MODELS.values() if model.container == container]
    for version in sorted({model.container_version for model in served}):
        images = {model.image for model in served if model.container_version == version}
        official_regions = registries.get(version, {}).keys()
        for region in sorted(REGIONS.keys() ^ official_regions):
            known = "the catalog" if region in REGIONS else "the SDK"
            yield f"{region}: {container.short_name} {version} is known to {known} only"
        for region in sorted(REGIONS.keys() & official_regions):
            # A released image has two tags: the SDK may name the one that ends in the release, "-v2.2".
            official = re.sub(r"-v\d+(\.\d+)*$", "", uri(version, region))
            for image in sorted(images):
                ours = f"{REGIONS[region].image_registry}/{image}"
                if ours != official:
                    yield f"{region}: the catalog's image is {ours}, the SDK's {official}"


def bucket_disagreements(buckets: Mapping[str, str]) -> Iterator[str]:
    """Regions whose JumpStart bucket differs in the SDK (`buckets`: its name in each region)."""
    for name, region in REGIONS.items():
        if buckets.get(name) != region.jumpstart_bucket:
            yield f"{name}: the catalog's bucket is {region.jumpstart_bucket}, the SDK's {buckets.get(name)}"


def gpu_disagreements(counts: Mapping[str, int]) -> Iterator[str]:
    """Instance types whose number of GPUs differs in the SDK. Its table (`counts`) lacks the newest types."""
    for name, instance_type in INSTANCE_TYPES.items():
        if counts.get(name, instance_type.gpu_count) != instance_type.gpu_count:
            yield f"{name}: the catalog has {instance_type.gpu_count} GPUs, the SDK {counts[name]}"


def disagreements() -> Iterator[str]:
    """All disagreements. Raises ModuleNotFoundError if the SDK is not installed."""
    image_uris: Any = import_module("sagemaker.core.image_uris")
    constants: Any = import_module("sagemaker.core.jumpstart.constants")
    gpu_info: Any = import_module("sagemaker.core.instance_types_gpu_info")

    for container in CONTAINERS.values():
        framework = container.sdk_framework

        def uri(version: str, region: str, framework: str = framework) -> str:
            where = {"region": region, "instance_type": "ml.g5.2xlarge", "image_scope": "inference"}
            return str(image_uris.retrieve(framework, version=version, **where))

        versions = image_uris.config_for_framework(framework)["inference"]["versions"]
        registries = {version: row["registries"] for version, row in versions.items()}
        yield from image_disagreements(container, registries, uri)
    yield from bucket_disagreements(
        {region.region_name: region.content_bucket for region in constants.JUMPSTART_LAUNCHED_REGIONS}
    )
    counts = gpu_info.retrieve("us-east-1")
    yield from gpu_disagreements({name: int(row["Count"]) for name, row in counts.items()})


def main() -> int:
    found = list(disagreements())
    for sentence in found:
        print(sentence, file=sys.stderr)
    if not found:
        images = {model.image for model in MODELS.values()}
        print(f"The catalog agrees with the SageMaker SDK: {len(images)} images in {len(REGIONS)} regions")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
