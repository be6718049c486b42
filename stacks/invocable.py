"""What of a deployment can be invoked, by ARN: the front's role and the way out of the VPC name the same."""

from __future__ import annotations

from aws_cdk import Stack

from constructs_lib.model.falcon_endpoint import component_arn, endpoint_arn
from falconry.settings import Settings


def invocable(stack: Stack, settings: Settings) -> list[str]:
    """The ARNs of the endpoints and of the inference components in them; a call of a component needs both."""
    names = [settings.component_name(model) for model in settings.models]
    return [
        *(endpoint_arn(stack, settings.endpoint_name(model)) for model in settings.models),
        *(component_arn(stack, name) for name in names if name),
    ]
