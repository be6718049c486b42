"""The names of what is deployed: stacks, functions, log groups, endpoints, buckets and parameters.

Nothing here needs the CDK: the stacks deploy by these names, and the `falconry` command looks for them.
"""

from __future__ import annotations

from falconry.catalog import component_log_group, endpoint_log_group
from falconry.settings.sections.deployment import Settings
from falconry.settings.sections.model import Model

STACKS = ("network", "models", "api", "operations")
"""The stacks of a deployment, each after those that it needs."""


def prefix(settings: Settings) -> str:
    """What the names of the deployment's stacks, functions and REST API begin with."""
    return f"falconry-{settings.name}"


def stack_name(settings: Settings, stack: str) -> str:
    """The CloudFormation stack for one of `STACKS`."""
    return f"{prefix(settings)}-{stack}"


def artifact_bucket_name(settings: Settings, account: str) -> str:
    """The bucket for own weights, in the account that is deployed to."""
    return f"{prefix(settings)}-{account}-{settings.region}"


def endpoint_names(settings: Settings, model_name: str) -> tuple[str, str]:
    """The names that an endpoint of the model has in this deployment: of the ordinary kind, and with components."""
    ordinary = f"{prefix(settings)}-{model_name}"
    return ordinary, f"{ordinary}-components"


def front_name(settings: Settings) -> str:
    """The front's Lambda function."""
    return f"{prefix(settings)}-chat"


def authorizer_name(settings: Settings) -> str:
    """The authorizer's Lambda function. There is none where callers sign their requests (`auth: iam`)."""
    return f"{prefix(settings)}-authorizer"


def page_name(settings: Settings) -> str:
    """The Lambda function that serves the playground, where there is one."""
    return f"{prefix(settings)}-playground"


def function_log_group(function_name: str) -> str:
    """Where a function of the deployment writes its log."""
    return f"/falconry/{function_name}"


def access_log_group(settings: Settings) -> str:
    """Where API Gateway writes its access log."""
    return f"/falconry/{prefix(settings)}-access"


def model_log_group(settings: Settings, model: Model) -> str:
    """Where SageMaker writes what the model's containers print."""
    component = settings.component_name(model)
    return component_log_group(component) if component else endpoint_log_group(settings.endpoint_name(model))


def artifact_parameter(settings: Settings, model: Model) -> str:
    """The SSM parameter that names the copy of the model's weights that a deploy takes; `falconry mirror` writes it."""
    return f"/falconry/{settings.name}/artifacts/{model.name}"


def artifact_prefix(model: Model) -> str:
    """What the keys of all copies of the model's weights begin with in the artifact bucket."""
    return f"models/{model.name}/"
