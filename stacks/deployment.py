"""All stacks of a deployment."""

from __future__ import annotations

from aws_cdk import App, Aws, Environment, Stack, Tags

from falconry.names import DELIVERY_STACK
from falconry.settings import Settings
from stacks.api_stack import ApiStack
from stacks.delivery_stack import DeliveryStack
from stacks.models_stack import ModelsStack
from stacks.network_stack import NetworkStack
from stacks.operations_stack import OperationsStack


def add_deployment(app: App, settings: Settings) -> None:
    """Add the stacks of the deployment that `settings` describes to `app`."""
    environment = Environment(account=settings.account, region=settings.region)
    names = settings.names
    where = (settings.account or Aws.ACCOUNT_ID, settings.region)
    artifact_bucket_name, audit_bucket_name = names.artifact_bucket(*where), names.audit_bucket(*where)
    network = NetworkStack(
        app,
        names.stack("network"),
        env=environment,
        settings=settings,
        artifact_bucket_name=artifact_bucket_name,
        audit_bucket_name=audit_bucket_name,
    )
    models = ModelsStack(
        app,
        names.stack("models"),
        env=environment,
        settings=settings,
        network=network.isolated,
        artifact_bucket_name=artifact_bucket_name,
        encryption_key=network.key,
    )
    api = ApiStack(
        app,
        names.stack("api"),
        env=environment,
        settings=settings,
        network=network.isolated,
        audit_bucket_name=audit_bucket_name,
    )
    # By names, an alarm or a graph may come before what it is about; but what is silent for its first hour would page.
    operations = OperationsStack(
        app,
        names.stack("operations"),
        env=environment,
        settings=settings,
        endpoints=models.endpoints,
        api=api,
    )
    operations.add_stack_dependency(models)
    operations.add_stack_dependency(api)
    stacks: list[Stack] = [network, models, api, operations]
    if settings.delivery:
        name = names.stack(DELIVERY_STACK)
        stacks.append(DeliveryStack(app, name, env=environment, settings=settings, delivery=settings.delivery))
    if settings.termination_protection:
        for stack in stacks:
            stack.termination_protection = True
    for key, value in {**settings.tags, "falconry:deployment": settings.name}.items():
        Tags.of(app).add(key, value)
