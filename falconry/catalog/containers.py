"""The containers that serve models: what each is called, and by which environment variables it is told its limits.

Source: `data/containers.json` names it. Nothing outside the catalog knows a container's variables by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from falconry.catalog._data import read
from falconry.catalog.quantizations import QUANTIZATIONS, Quantization


@dataclass(frozen=True, slots=True)
class Variables:
    """Names of the environment variables that Falconry sets or reads; None where a container has no such.

    Attributes:
        model_path: where the container finds the weights.
        shards: over how many GPUs it splits the model.
        quantize: the name of a quantization.
        max_input_tokens: tokens that a prompt may have.
        max_total_tokens: tokens that prompt and answer may have together.
        concurrent_requests: requests that it takes at once.
        max_stop_sequences: stop sequences of one request.
        max_top_logprobs: likeliest tokens that a request may ask for at each place.
    """

    model_path: str
    shards: str
    quantize: str
    max_total_tokens: str
    concurrent_requests: str
    max_input_tokens: str | None = None
    max_stop_sequences: str | None = None
    max_top_logprobs: str | None = None

    @property
    def reserved(self) -> frozenset[str]:
        """Variables that Falconry derives from the model and other settings, so that no config may set them."""
        names = (self.model_path, self.shards, self.quantize, self.max_stop_sequences, self.max_top_logprobs)
        return frozenset(name for name in names if name)

    @property
    def counts(self) -> Mapping[str, str]:
        """Variables with a number that Falconry reads too, and the unit of each."""
        units = {
            self.max_input_tokens: "tokens",
            self.max_total_tokens: "tokens",
            self.concurrent_requests: "requests",
        }
        return {name: unit for name, unit in units.items() if name}


@dataclass(frozen=True, slots=True)
class Container:
    """One kind of serving container.

    Attributes:
        name: its key in the catalog ("tgi").
        product: the server in it, as its makers call it; `short_name` where there is little room.
        repository: the ECR repository of its images, behind a region's registry.
        version_in_tag: a regular expression whose group is the server's version in an image's tag.
        sdk_framework: what the SageMaker Python SDK calls it.
        renamed_variables: newer names of variables that JumpStart sets by their older ones; it refuses both at once.
        concurrent_requests: how many requests it takes at once unless told otherwise.
        quantizations: the oldest version that knows each quantization.
    """

    name: str
    product: str
    short_name: str
    repository: str
    version_in_tag: str
    sdk_framework: str
    variables: Variables
    renamed_variables: Mapping[str, str]
    concurrent_requests: int
    quantizations: Mapping[str, str]

    def version_of(self, image: str) -> str:
        """The server's version in `image` (repository and tag), for example "2.4.0".

        Raises:
            ValueError: the tag names none.
        """
        found = re.search(self.version_in_tag, image)
        if found is None:
            raise ValueError(f"the image {image!r} names no version of {self.product}")
        return found[1]

    def quantizations_of(self, version: str) -> tuple[Quantization, ...]:
        """What the container's `version` can quantize to while it loads the weights."""
        known = {name for name, since in self.quantizations.items() if _numbers(since) <= _numbers(version)}
        return tuple(one for one in QUANTIZATIONS.values() if one.name in known)


def container_of(image: str) -> Container | None:
    """The container whose image this is, whatever its registry and tag; None if the catalog has none."""
    repository = image.rpartition("/")[2].partition(":")[0]
    return next((one for one in CONTAINERS.values() if one.repository == repository), None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


CONTAINERS: Mapping[str, Container] = {
    name: Container(name=name, **{**row, "variables": Variables(**row["variables"])})
    for name, row in read("containers")["containers"].items()
}
"""Every container by name."""
