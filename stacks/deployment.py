"""All stacks of one deployment, and the names that they agree on."""

from __future__ import annotations

from aws_cdk import App, Aws, Environment, RemovalPolicy, Tags

from settings import Settings
from stacks.api_stack import ApiStack
from stacks.models_stack import ModelsStack
from stacks.network_stack import NetworkStack


def add_deployment(app: App, settings: Settings) -> None:
    """Add the stacks of the deployment that `settings` describes to `app`."""
    prefix = f"falconry-{settings.name}"
    environment = Environment(account=settings.account, region=settings.region)
    artifact_bucket_name = f"{prefix}-{settings.account or Aws.ACCOUNT_ID}-{settings.region}"
    removal_policy = RemovalPolicy.RETAIN if settings.retain_data else RemovalPolicy.DESTROY
    network = NetworkStack(
        app, f"{prefix}-network", env=environment, settings=settings, artifact_bucket_name=artifact_bucket_name
    )
    ModelsStack(
        app,
        f"{prefix}-models",
        env=environment,
        settings=settings,
        network=network.isolated,
        artifact_bucket_name=artifact_bucket_name,
        removal_policy=removal_policy,
    )
    ApiStack(app, f"{prefix}-api", env=environment, settings=settings, network=network.isolated)
    Tags.of(app).add("falconry:deployment", settings.name)
