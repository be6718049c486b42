"""The serving containers: each is a module of this package, called as deployed models name it, with a `CONTAINER`.

Only those of the deployed models are loaded.
"""

from __future__ import annotations

from importlib import import_module

from chat.models import DeployedModel, Models
from chat.serving.container import ServingContainer

DEFAULT = "tgi"
"""The one that the API's description is of where no model is deployed."""


def container_named(name: str) -> type[ServingContainer]:
    """The container that deployed models call `name`. Raises ValueError if there is none."""
    try:
        container: type[ServingContainer] = import_module(f"{__package__}.{name}").CONTAINER
    except (ModuleNotFoundError, AttributeError) as error:
        raise ValueError(f"container {name!r} has no module of its name in {__package__}") from error
    return container


def container_of(model: DeployedModel) -> ServingContainer:
    """The container that serves `model`."""
    return container_named(model.container)(model)


def check_containers(models: Models) -> None:
    """Raise ValueError for a model whose container does not exist."""
    for model in models:
        try:
            container_named(model.container)
        except ValueError as error:
            raise ValueError(f"{model.name}: {error}") from error
