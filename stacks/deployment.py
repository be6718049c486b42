"""All stacks of one deployment, and the names that they agree on."""

from __future__ import annotations

from aws_cdk import App, Aws, Environment, Stack, Tags

from settings import Settings
from stacks.api_stack import ApiStack
from stacks.delivery_stack import DeliveryStack
from stacks.models_stack import ModelsStack
from stacks.network_stack import NetworkStack


def add_deployment(app: App, settings: Settings) -> None:
    """Add the stacks of the deployment that `settings` describes to `app`."""
    prefix = f"falconry-{settings.name}"
    environment = Environment(account=settings.account, region=settings.region)
    artifact_bucket_name = f"{prefix}-{settings.account or Aws.ACCOUNT_ID}-{settings.region}"
    network = NetworkStack(
        app, f"{prefix}-network", env=environment, settings=settings, artifact_bucket_name=artifact_bucket_name
    )
    models = ModelsStack(
        app,
        f"{prefix}-models",
        env=environment,
        settings=settings,
        network=network.isolated,
        artifact_bucket_name=artifact_bucket_name,
        encryption_key=network.key,
    )
    api = ApiStack(app, f"{prefix}-api", env=environment, settings=settings, network=network.isolated)
    stacks: list[Stack] = [network, models, api]
    if settings.delivery:
        name = f"{prefix}-delivery"
        stacks.append(DeliveryStack(app, name, env=environment, settings=settings, delivery=settings.delivery))
    if settings.termination_protection:
        for stack in stacks:
            stack.termination_protection = True
    for key, value in {**settings.tags, "falconry:deployment": settings.name}.items():
        Tags.of(app).add(key, value)
