"""The Falcon models that SageMaker JumpStart carries, as it deploys them.

Source: the JumpStart model manifest and the model specifications it names; `data/models.json` gives the versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from falconry.catalog._data import read
from falconry.catalog.instance_types import INSTANCE_TYPES
from falconry.catalog.quantizations import QUANTIZATIONS, Quantization

SHARD_COUNTS = (8, 4, 2, 1)
"""Over how many GPUs a model can be split: the counts that instance types have, largest first."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What the size of a model in memory follows from."""

    layers: int
    hidden: int
    heads: int
    key_value_heads: int
    head_dimension: int
    parameters: int

    def shards(self, gpu_count: int) -> int:
        """Over how many of `gpu_count` GPUs text-generation-inference can split the model.

        Each GPU takes as many heads and key-value heads as the others (flash_rw_modeling.py), so 7B, with 71 heads
        and one key-value head, stays on one GPU.
        """
        return next(
            count
            for count in SHARD_COUNTS
            if count <= gpu_count and self.heads % count == 0 and self.key_value_heads % count == 0
        )

    @property
    def cache_bytes_per_token(self) -> int:
        """Bytes of key-value cache per token over all GPUs. In bf16, also where the weights are quantised."""
        return 2 * self.layers * self.key_value_heads * self.head_dimension * 2


@dataclass(frozen=True, slots=True)
class FalconModel:
    """One model, with what SageMaker must be told to serve it.

    Attributes:
        name: what a config file and the API call it.
        jumpstart_model_id: its id in JumpStart and the SageMaker Python SDK.
        image: repository and tag of the text-generation-inference container, to be put behind a region's registry.
        model_data_key: key (or key prefix, ending in "/") of the weights in JumpStart's bucket of a region.
        s3_data_type, compression_type: how the weights lie there; "S3Prefix" and "None" for a folder of files,
            "S3Object" and "Gzip" for one archive.
        chat_template: the name of its dialogue format, or None for a base model, which only completes text.
        latency_per_token_ms: typical milliseconds per generated token on the default instance type.
        licence: the name of the licence of the weights.
        dimensions: shared by the models of one size.
        requires_licence_acknowledgement: whether a deployment has to say that the licence was read.
    """

    name: str
    jumpstart_model_id: str
    jumpstart_version: str
    image: str
    default_instance_type: str
    supported_instance_types: tuple[str, ...]
    model_data_key: str
    s3_data_type: Literal["S3Prefix", "S3Object"]
    compression_type: Literal["None", "Gzip"]
    chat_template: str | None
    latency_per_token_ms: int
    licence: str
    requires_licence_acknowledgement: bool
    dimensions: Dimensions
    base_environment: Mapping[str, str]
    environment_by_instance_type: Mapping[str, Mapping[str, str]]

    def environment(self, instance_type: str, quantize: str | None = None) -> dict[str, str]:
        """The container's environment on `instance_type` ("ml.p4de.24xlarge").

        It is JumpStart's on the instance types that JumpStart supports. On another, the model is split over as many
        GPUs as it allows; limits are those of a supported instance type with as many GPUs of the same memory, if any.
        """
        environment = {**self.base_environment, **self._by_gpus(instance_type)}
        if quantize is not None:
            environment["HF_MODEL_QUANTIZE"] = quantize
        return environment

    def _by_gpus(self, instance_type: str) -> Mapping[str, str]:
        """What JumpStart's environment changes on `instance_type`, or would change."""
        known = INSTANCE_TYPES.get(instance_type)
        if instance_type in self.supported_instance_types or known is None:
            return self.environment_by_instance_type.get(instance_type, {})
        shards = {"SM_NUM_GPUS": str(self.dimensions.shards(known.gpu_count))}
        for name, row in self.environment_by_instance_type.items():
            like = INSTANCE_TYPES[name]
            if (like.gpu_count, like.gpu.memory_gib) == (known.gpu_count, known.gpu.memory_gib):
                return {**row, **shards}
        return shards

    @property
    def quantizations(self) -> tuple[Quantization, ...]:
        """What the model's image can quantise to while it loads the weights."""
        return tuple(one for one in QUANTIZATIONS.values() if one.is_known_to(self.tgi_version))

    @property
    def max_input_tokens(self) -> int:
        """The longest prompt that the container takes, in tokens."""
        return int(self.base_environment["MAX_INPUT_LENGTH"])

    @property
    def max_total_tokens(self) -> int:
        """Prompt and answer together, in tokens."""
        return int(self.base_environment["MAX_TOTAL_TOKENS"])

    @property
    def tgi_version(self) -> str:
        """The version of text-generation-inference in the image, for example "2.4.0", as its tag names it."""
        found = re.search(r"-tgi(\d[\d.]*)-", self.image)
        if found is None:
            raise ValueError(f"{self.name}: the image's tag {self.image!r} names no version of TGI")
        return found[1]

    @property
    def repository(self) -> str:
        """The container image's ECR repository, without registry and tag."""
        return self.image.partition(":")[0]


def _load() -> dict[str, FalconModel]:
    models: dict[str, FalconModel] = {}
    sizes = read("models")["dimensions"]
    for name, row in read("models")["models"].items():
        fields = dict(row)
        fields["supported_instance_types"] = tuple(fields["supported_instance_types"])
        fields["base_environment"] = fields.pop("environment")
        fields["dimensions"] = Dimensions(**sizes[fields.pop("size")])
        models[name] = FalconModel(name=name, **fields)
    return models


MODELS: Mapping[str, FalconModel] = _load()
"""Every model of the catalog by name, smallest first."""
