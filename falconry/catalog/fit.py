"""Whether a model fits into an instance type's GPUs, and how many requests fit beside it.

GPU memory holds the weights, the key-value cache of every running request, and a reserve for everything else. The
reserve is inferred, not measured: a tenth of each GPU's memory, which text-generation-inference leaves free for
fragmentation, and 1.5 GiB for CUDA's context and the activations of a prefill. A GPU's memory is the nominal one; what
CUDA sees is less (22.4 of an A10G's 24 GiB), which the reserve also has to cover.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from falconry.catalog.instance_types import INSTANCE_TYPES, InstanceType
from falconry.catalog.models import CatalogModel
from falconry.catalog.quantizations import QUANTIZATIONS

USABLE_SHARE = 0.90
RESERVE_GIB_PER_GPU = 1.5
BF16_BYTES = 2.0
GIB = 2**30


@dataclass(frozen=True, slots=True)
class MemoryFit:
    """One model on one instance type.

    Attributes:
        quantize: a key of `QUANTIZATIONS`, or None for bf16.
        shards: how many of the instance type's GPUs work.
        usable_gib: memory of those GPUs less the reserve.
        weights_gib: of the model, over all its shards.
        room_tokens: tokens of key-value cache that fit beside the weights; never below 0.
    """

    model: CatalogModel
    instance_type: InstanceType
    quantize: str | None
    shards: int
    usable_gib: float
    weights_gib: float
    room_tokens: int

    @property
    def room_gib(self) -> float:
        """GPU memory that the weights leave; negative if they do not fit."""
        return self.usable_gib - self.weights_gib

    @property
    def sequences(self) -> int:
        """How many requests of full length (prompt and answer together `max_total_tokens`) run at once."""
        return self.room_tokens // self.model.max_total_tokens

    @property
    def fits(self) -> bool:
        """Whether weights and one request of full length fit; a container does not start otherwise."""
        return self.sequences >= 1

    @property
    def arithmetic(self) -> str:
        """The calculation in words, without a period at the end."""
        gpus = f"{self.instance_type.gpu_count} x {self.instance_type.gpu.memory_gib} GiB"
        if self.shards < self.instance_type.gpu_count:
            gpus = f"{self.shards} of {gpus}"
        left = (
            f"{gpus} less the reserve ({1 - USABLE_SHARE:.0%} and {RESERVE_GIB_PER_GPU} GiB per GPU) "
            f"leave {self.usable_gib:.1f} GiB"
        )
        precision = f"with {self.quantize}" if self.quantize else "in bf16"
        needs = f"{self.model.name} {precision} needs {self.weights_gib:.1f} GiB for its weights"
        if self.room_gib <= 0:
            return f"{left}; {needs} alone"
        if not self.fits:
            one = self.model.max_total_tokens * self.model.dimensions.cache_bytes_per_token / GIB
            return f"{left}; {needs} and {one:.1f} GiB for one request of {self.model.max_total_tokens} tokens"
        requests = "1 request" if self.sequences == 1 else f"{self.sequences} requests"
        return f"{left}; {needs}, and {requests} of {self.model.max_total_tokens} tokens fit beside them"


def fit(model: CatalogModel, instance_type: InstanceType, quantize: str | None = None) -> MemoryFit:
    """How `model` fits into `instance_type`'s GPUs.

    This is arithmetic alone: `unsupported_reason` also says whether the image and the GPUs know the quantization.

    Raises:
        KeyError: `quantize` is no key of `QUANTIZATIONS`.
    """
    dimensions = model.dimensions
    shards = dimensions.shards(instance_type.gpu_count)
    usable = shards * (instance_type.gpu.memory_gib * USABLE_SHARE - RESERVE_GIB_PER_GPU)
    bytes_per_parameter = BF16_BYTES if quantize is None else QUANTIZATIONS[quantize].bytes_per_parameter
    weights = dimensions.parameters * bytes_per_parameter / GIB
    return MemoryFit(
        model=model,
        instance_type=instance_type,
        quantize=quantize,
        shards=shards,
        usable_gib=usable,
        weights_gib=weights,
        room_tokens=max(0, math.floor((usable - weights) * GIB / dimensions.cache_bytes_per_token)),
    )


def alternatives(model: CatalogModel) -> tuple[MemoryFit, ...]:
    """Every instance type and precision that `model` can be deployed with.

    The cheapest comes first, those of unknown price last; at one price bf16 comes before the quantizations.
    """
    possible = [
        fit(model, instance_type, quantize)
        for instance_type in INSTANCE_TYPES.values()
        for quantize in (None, *(one.name for one in model.quantizations))
        if quantize is None or instance_type.gpu.float8 or not QUANTIZATIONS[quantize].needs_float8
    ]
    return tuple(sorted((one for one in possible if one.fits), key=lambda one: _price(one.instance_type)))


def _price(instance_type: InstanceType) -> float:
    return math.inf if instance_type.usd_per_hour is None else instance_type.usd_per_hour
