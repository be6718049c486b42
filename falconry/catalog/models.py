"""The Falcon models in SageMaker JumpStart, as JumpStart deploys them.

Source: the JumpStart model manifest and the model specifications it names; `data/models.json` gives the versions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from falconry.catalog._data import read
from falconry.catalog.containers import CONTAINERS, Container
from falconry.catalog.instance_types import INSTANCE_TYPES
from falconry.catalog.quantizations import Quantization

SHARD_COUNTS = (8, 4, 2, 1)
"""Over how many GPUs a model can be split: the counts that instance types have, largest first."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The dimensions that determine a model's size in memory."""

    layers: int
    hidden: int
    heads: int
    key_value_heads: int
    head_dimension: int
    parameters: int

    def shards(self, gpu_count: int) -> int:
        """Over how many of `gpu_count` GPUs a container can split the model.

        Each GPU takes as many heads and key-value heads as the others (text-generation-inference's
        flash_rw_modeling.py), so 7B, with 71 heads and one key-value head, stays on one GPU.
        """
        return next(
            count
            for count in SHARD_COUNTS
            if count <= gpu_count and self.heads % count == 0 and self.key_value_heads % count == 0
        )

    @property
    def cache_bytes_per_token(self) -> int:
        """Bytes of key-value cache per token over all GPUs. In bf16, also where the weights are quantized."""
        return 2 * self.layers * self.key_value_heads * self.head_dimension * 2


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """A model, with everything that SageMaker needs to serve it.

    Attributes:
        name: what a config file and the API call it.
        jumpstart_model_id: its id in JumpStart and the SageMaker Python SDK.
        container: what serves it.
        image: repository and tag of the container's image, to be put behind a region's registry.
        model_data_key: key (or key prefix, ending in "/") of the weights in JumpStart's bucket of a region.
        s3_data_type, compression_type: how the weights lie there; "S3Prefix" and "None" for a folder of files,
            "S3Object" and "Gzip" for one archive.
        chat_template: the name of its dialogue format, or None for a base model, which only completes text.
        latency_per_token_ms: typical milliseconds per generated token on the default instance type.
        license: the name of the license of the weights.
        dimensions: shared by the models of one size.
        requires_license_acceptance: whether a config must say that the license was read and accepted.
        base_environment, environment_by_instance_type: the container's variables as JumpStart sets them, and what it
            sets otherwise on an instance type.
    """

    name: str
    jumpstart_model_id: str
    jumpstart_version: str
    container: Container
    image: str
    default_instance_type: str
    supported_instance_types: tuple[str, ...]
    model_data_key: str
    s3_data_type: Literal["S3Prefix", "S3Object"]
    compression_type: Literal["None", "Gzip"]
    chat_template: str | None
    latency_per_token_ms: int
    license: str
    requires_license_acceptance: bool
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
            environment[self.container.variables.quantize] = quantize
        return environment

    def _by_gpus(self, instance_type: str) -> Mapping[str, str]:
        """What JumpStart's environment changes on `instance_type`, or would change."""
        known = INSTANCE_TYPES.get(instance_type)
        if instance_type in self.supported_instance_types or known is None:
            return self.environment_by_instance_type.get(instance_type, {})
        shards = {self.container.variables.shards: str(self.dimensions.shards(known.gpu_count))}
        for name, row in self.environment_by_instance_type.items():
            like = INSTANCE_TYPES[name]
            if (like.gpu_count, like.gpu.memory_gib) == (known.gpu_count, known.gpu.memory_gib):
                return {**row, **shards}
        return shards

    def shards(self, instance_type: str) -> int:
        """Over how many of the instance type's GPUs the container splits the model."""
        return int(self.environment(instance_type)[self.container.variables.shards])

    @property
    def quantizations(self) -> tuple[Quantization, ...]:
        """What the model's image can quantize to while it loads the weights."""
        return self.container.quantizations_of(self.container_version)

    @property
    def max_input_tokens(self) -> int:
        """The longest prompt that the container takes, in tokens."""
        variable = self.container.variables.max_input_tokens
        # A container without a limit for prompts takes one that leaves room for a token of the answer.
        return int(self.base_environment[variable]) if variable else self.max_total_tokens - 1

    @property
    def max_total_tokens(self) -> int:
        """Prompt and answer together, in tokens."""
        return int(self.base_environment[self.container.variables.max_total_tokens])

    @property
    def container_version(self) -> str:
        """The version of the server in the image, for example "2.4.0", as its tag names it."""
        return self.container.version_of(self.image)

    @property
    def server(self) -> str:
        """The server in the image, in short: "TGI 2.4.0"."""
        return f"{self.container.short_name} {self.container_version}"

    @property
    def repository(self) -> str:
        """The container image's ECR repository, without registry and tag."""
        return self.image.partition(":")[0]


def _load() -> dict[str, CatalogModel]:
    models: dict[str, CatalogModel] = {}
    sizes = read("models")["dimensions"]
    for name, row in read("models")["models"].items():
        fields = dict(row)
        fields["supported_instance_types"] = tuple(fields["supported_instance_types"])
        fields["container"] = CONTAINERS[fields["container"]]
        fields["base_environment"] = fields.pop("environment")
        fields["dimensions"] = Dimensions(**sizes[fields.pop("size")])
        models[name] = CatalogModel(name=name, **fields)
    return models


MODELS: Mapping[str, CatalogModel] = _load()
"""Every model of the catalog by name, smallest first."""
