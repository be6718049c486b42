"""AWS regions, with the registry of SageMaker's containers and JumpStart's bucket in each.

Source: the tables of the SageMaker Python SDK. That a region has a registry does not prove that a GPU instance type
is offered there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from falconry.catalog._data import read


@dataclass(frozen=True, slots=True)
class Region:
    """One region. `image_registry` is the host of its Deep Learning Containers, `jumpstart_bucket` an S3 bucket's
    name."""

    name: str
    image_registry: str
    jumpstart_bucket: str

    @property
    def image_account(self) -> str:
        """The AWS account that owns the region's Deep Learning Containers."""
        return self.image_registry.partition(".")[0]


REGIONS: Mapping[str, Region] = {name: Region(name=name, **row) for name, row in read("regions")["regions"].items()}
"""Every region that the SageMaker Python SDK knows, by name."""
