"""The Falcon models that SageMaker JumpStart carries, as it deploys them.

Source: the JumpStart model manifest and the model specifications it names; `data/models.json` gives the versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from catalog._data import read


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
    base_environment: Mapping[str, str]
    environment_by_instance_type: Mapping[str, Mapping[str, str]]

    def environment(self, instance_type: str) -> dict[str, str]:
        """The container's environment on `instance_type` ("ml.p4de.24xlarge"), as JumpStart sets it."""
        return {**self.base_environment, **self.environment_by_instance_type.get(instance_type, {})}

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
    for name, row in read("models")["models"].items():
        fields = dict(row)
        fields["supported_instance_types"] = tuple(fields["supported_instance_types"])
        fields["base_environment"] = fields.pop("environment")
        models[name] = FalconModel(name=name, **fields)
    return models


MODELS: Mapping[str, FalconModel] = _load()
"""Every model of the catalog by name, smallest first."""
