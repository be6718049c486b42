"""JumpStart's buckets: what SageMaker's SDK reads there, and small files in the place of the weights."""

import json

from falconry.catalog import MODELS, REGIONS, FalconModel

from .jumpstart_specifications import (
    MANIFEST,
    PROPRIETARY_ENTRY,
    PROPRIETARY_MANIFEST,
    manifest_entry,
    specification,
    specification_key,
)

OWNER = "111122223333"
"""The account that the emulated JumpStart belongs to."""

_SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def stock() -> None:
    """Fills the buckets of all regions. Called once, before the first request."""
    from moto.s3.models import s3_backends

    backend = s3_backends[OWNER]["aws"]
    contents = {key: value for model in MODELS.values() for key, value in _objects(model).items()}
    contents |= _descriptions()
    for region in REGIONS.values():
        backend.create_bucket(region.jumpstart_bucket, region.name)
        for key, value in contents.items():
            backend.put_object(region.jumpstart_bucket, key, value)


def _descriptions() -> dict[str, bytes]:
    """The manifests of open and of proprietary models, and the models' specifications."""
    documents: dict[str, object] = {MANIFEST: [manifest_entry(model) for model in MODELS.values()]}
    documents[PROPRIETARY_MANIFEST] = [PROPRIETARY_ENTRY]
    documents |= {specification_key(model): specification(model) for model in MODELS.values()}
    return {key: json.dumps(document).encode() for key, document in documents.items()}


def _objects(model: FalconModel) -> dict[str, bytes]:
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
