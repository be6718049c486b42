"""Each model's container as SageMaker is told of it, and what all containers of a deployment hold.

Nothing here needs the CDK: the stacks deploy it, and the `falconry` command compares it with what is deployed.
"""

from __future__ import annotations

from falconry.catalog import MODELS, REGIONS, Capacity, Weights, from_jumpstart, from_publication
from falconry.settings.sections.deployment import Settings
from falconry.settings.sections.model import MAX_STOP_SEQUENCES, MAX_TOP_LOGPROBS, Model


def image(settings: Settings, model: Model) -> str:
    """The container image, with its registry and tag."""
    return f"{REGIONS[settings.region].image_registry}/{MODELS[model.name].image}"


def environment(model: Model) -> dict[str, str]:
    """The container's environment: JumpStart's for the instance type, then Falconry's, then the config's."""
    entry = MODELS[model.name]
    variables = entry.container.variables
    limits = {variables.max_stop_sequences: MAX_STOP_SEQUENCES, variables.max_top_logprobs: MAX_TOP_LOGPROBS}
    return {
        **entry.environment(model.instance_type, quantize=model.quantize),
        **{name: str(limit) for name, limit in limits.items() if name},
        **model.environment,
    }


def weights(settings: Settings, model: Model, *, artifact_bucket: str, published: str | None) -> Weights | None:
    """Where SageMaker downloads the weights from; None for own weights of which no copy is published.

    Args:
        artifact_bucket: name of the deployment's own bucket.
        published: value of the parameter that `falconry mirror` writes.
    """
    if model.model_data == "jumpstart":
        return from_jumpstart(MODELS[model.name], REGIONS[settings.region])
    return from_publication(artifact_bucket, published) if published else None


def capacity(settings: Settings) -> Capacity:
    """The capacity of all endpoints of the deployment."""
    return Capacity.of_instances(model.max_instances * model.concurrent_requests for model in settings.models)
