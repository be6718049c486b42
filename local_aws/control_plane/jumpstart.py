"""JumpStart's buckets, with small files in the place of the weights, for what reads or copies them."""

import json

from catalog import MODELS, REGIONS, FalconModel

OWNER = "111122223333"
"""The account that the emulated JumpStart belongs to."""

_SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def stock() -> None:
    """Fills the buckets of all regions. Called once, before the first request."""
    from moto.s3.models import s3_backends

    backend = s3_backends[OWNER]["aws"]
    contents = {key: value for model in MODELS.values() for key, value in _objects(model).items()}
    for region in REGIONS.values():
        backend.create_bucket(region.jumpstart_bucket, region.name)
        for key, value in contents.items():
            backend.put_object(region.jumpstart_bucket, key, value)


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
