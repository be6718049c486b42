"""Features in which serving containers differ, and what the check of a request asks about a server."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Protocol

from chat.models import DeployedModel


class Feature(Enum):
    """Something that a request may ask for and that not every serving container, or version of one, can do."""

    ADAPTERS = auto()
    FREQUENCY_PENALTY = auto()
    LOGIT_BIAS = auto()
    PREDICTED_OUTPUT = auto()
    PRESENCE_PENALTY = auto()
    STRUCTURED_OUTPUT = auto()


class Server(Protocol):
    """What serves `model`, as far as the check of a request asks about it.

    `first_versions` has the product's first version with each feature; a feature that is not in it was never there.
    """

    @property
    def model(self) -> DeployedModel: ...

    @property
    def product_name(self) -> str: ...

    @property
    def first_versions(self) -> Mapping[Feature, str]: ...

    def supports(self, feature: Feature) -> bool:
        """Whether the version that serves the model has `feature`."""
        ...
