"""The serving containers that a deployed model can name."""

from __future__ import annotations

from collections.abc import Mapping

from chat.models import DeployedModel, Models
from chat.serving.container import ServingContainer
from chat.serving.tgi import TgiContainer

CONTAINERS: Mapping[str, type[ServingContainer]] = {container.name: container for container in (TgiContainer,)}


def container_of(model: DeployedModel) -> ServingContainer:
    """The container that serves `model`."""
    return CONTAINERS[model.container](model)


def check_containers(models: Models) -> None:
    """Raise ValueError for a model whose container does not exist."""
    for model in models:
        if model.container not in CONTAINERS:
            raise ValueError(f"{model.name}: container {model.container!r} is not one of {', '.join(CONTAINERS)}")
