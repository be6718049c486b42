"""ARNs of what a deployment may invoke, for the gateway function's role and the VPC endpoint's policy."""

from __future__ import annotations

from aws_cdk import Stack

from constructs_lib.model.falcon_endpoint import component_arn, endpoint_arn
from falconry.settings import Settings


def invocable_arns(stack: Stack, settings: Settings) -> list[str]:
    """ARNs of the endpoints and their inference components; invoking a component requires both."""
    names = [settings.component_name(model) for model in settings.models]
    return [
        *(endpoint_arn(stack, settings.endpoint_name(model)) for model in settings.models),
        *(component_arn(stack, name) for name in names if name),
    ]
