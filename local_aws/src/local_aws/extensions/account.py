"""The account before a deploy: SageMaker's quotas, and JumpStart's buckets with small files in place of the weights."""

import json
from collections.abc import Iterator

from falconry.catalog import ENDPOINT_QUOTA_CODES, INSTANCE_TYPES, MODELS, REGIONS, CatalogModel
from local_aws.extensions.jumpstart_specifications import (
    MANIFEST,
    PROPRIETARY_ENTRY,
    PROPRIETARY_MANIFEST,
    manifest_entry,
    specification,
    specification_key,
)
from local_aws.project import PublicBucket, Quota

INSTANCES = 2.0
"""Instances of each type for endpoints: one, and one for the second fleet of its update. A new account has 0 of many
types; on such a one the deployment that is emulated could not run."""

OWNER = "111122223333"
"""The account that the emulated JumpStart belongs to."""

_SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


class CatalogAccount:
    """An account for every model of the catalog. See `local_aws.project.Account`."""

    def quotas(self) -> Iterator[Quota]:
        """One for each instance type."""
        for index, name in enumerate(INSTANCE_TYPES, 1):
            # Codes that are not known are made up: a real one is found by the quota's name.
            code = ENDPOINT_QUOTA_CODES.get(name, f"L-{index:08X}")
            yield Quota("sagemaker", code, f"{name} for endpoint usage", INSTANCES)

    def public_buckets(self) -> Iterator[PublicBucket]:
        """JumpStart's of all regions."""
        contents = {key: value for model in MODELS.values() for key, value in _objects(model).items()}
        contents |= _descriptions()
        for region in REGIONS.values():
            yield PublicBucket(OWNER, region.jumpstart_bucket, region.name, contents)


def _descriptions() -> dict[str, bytes]:
    """The manifests of open and of proprietary models, and the models' specifications."""
    documents: dict[str, object] = {MANIFEST: [manifest_entry(model) for model in MODELS.values()]}
    documents[PROPRIETARY_MANIFEST] = [PROPRIETARY_ENTRY]
    documents |= {specification_key(model): specification(model) for model in MODELS.values()}
    return {key: json.dumps(document).encode() for key, document in documents.items()}


def _objects(model: CatalogModel) -> dict[str, bytes]:
    """An archive, or the files of a folder as `save_pretrained` writes them."""
    if not model.model_data_key.endswith("/"):
        return {model.model_data_key: f"stands for the archive of {model.name}\n".encode()}
    index = {"metadata": {"total_size": 0}, "weight_map": {f"h.{number}": name for number, name in enumerate(_SHARDS)}}
    files = {
        "config.json": json.dumps({"architectures": ["FalconForCausalLM"], "model_type": "falcon"}).encode(),
        "tokenizer.json": b"{}\n",
        "model.safetensors.index.json": json.dumps(index).encode(),
        **{name: f"stands for {name} of {model.name}\n".encode() for name in _SHARDS},
    }
    return {f"{model.model_data_key}{name}": content for name, content in files.items()}
