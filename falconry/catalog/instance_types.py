"""SageMaker instance types that a Falcon can run on: their GPUs, memory, disks and list prices.

Source: AWS's pages of the EC2 instance types; `data/instance_types.json` names the date, and the source of each price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from falconry.catalog._data import read

_SAGEMAKER_OVER_EC2 = {"g": 1.25, "p": 1.15}
"""What SageMaker adds to EC2's price, by the family's first letter. Inferred from types whose two prices are known."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """One kind of GPU. `float8`: whether it computes in 8-bit floating point (NVIDIA Ada and Hopper)."""

    name: str
    memory_gib: int
    float8: bool


@dataclass(frozen=True, slots=True)
class Price:
    """A list price on demand in us-east-1.

    Attributes:
        service: whose price it is; EC2's where SageMaker's is not known.
        source: where it was read, and `read` when ("2026-09-18").
    """

    usd_per_hour: float
    service: Literal["SageMaker", "EC2"]
    source: str
    read: str


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One instance type ("ml.p4de.24xlarge").

    Attributes:
        memory_gib: the host's memory; a GPU's is `gpu.memory_gib`.
        local_nvme_gb: size of the local disks together, or None where there is only EBS (VolumeSizeInGB then matters).
        price: None where no price was found.
    """

    name: str
    gpu: Gpu
    gpu_count: int
    vcpu: int
    memory_gib: int
    local_nvme_gb: int | None
    price: Price | None

    @property
    def family(self) -> str:
        """ "p4de" of "ml.p4de.24xlarge"."""
        return self.name.split(".")[1]

    @property
    def usd_per_hour(self) -> float | None:
        """SageMaker's approximate price, estimated from EC2's where only that is known. To compare, not to bill."""
        if self.price is None:
            return None
        factor = 1.0 if self.price.service == "SageMaker" else _SAGEMAKER_OVER_EC2[self.family[0]]
        return round(self.price.usd_per_hour * factor, 2)


def _load() -> dict[str, InstanceType]:
    data = read("instance_types")
    gpus = {name: Gpu(name=name, **row) for name, row in data["gpus"].items()}
    types: dict[str, InstanceType] = {}
    for name, row in data["instance_types"].items():
        price = None
        if row["price"]:
            source = data["price_sources"][row["price"]["source"]]
            price = Price(row["price"]["usd_per_hour"], source["service"], source["from"], source["read"])
        types[name] = InstanceType(name=name, **{**row, "gpu": gpus[row["gpu"]], "price": price})
    return types


INSTANCE_TYPES: Mapping[str, InstanceType] = _load()
"""Every instance type with GPUs that a container runs Falcon on, by name."""

ENDPOINT_QUOTA_CODES: Mapping[str, str] = read("instance_types")["endpoint_quotas"]["codes"]
"""Codes of the service quotas "ml.... for endpoint usage", where one is known; others are found by that name."""

UNSUITABLE_FAMILIES: Mapping[str, str] = read("instance_types")["unsuitable_families"]
"""What families with other accelerators have ("ml.p3": "V100 GPUs, which ..."), for the sentence that refuses them."""
