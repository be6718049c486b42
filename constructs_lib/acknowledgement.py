"""Findings of cdk-nag that stay, each with its reason, written beside the resource that it is about."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct


def acknowledge(construct: Construct, rule: str, reason: str) -> None:
    """Say why `rule` of cdk-nag's AwsSolutions pack, for example "VPC7", does not hold for `construct`."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"AwsSolutions::AwsSolutions-{rule}", reason=reason))


def acknowledge_wildcard(role: Construct, resource: str, reason: str) -> None:
    """Say why the policies of `role` name `resource`, which holds a wildcard. Any other wildcard is still found."""
    resolved = Stack.of(role).resolve(resource)
    parts = [resolved] if isinstance(resolved, str) else resolved["Fn::Join"][1]
    # cdk-nag writes a reference, such as the one to the partition, as its name in angle brackets.
    text = "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
    acknowledge(role, f"IAM5[Resource::{text}]", reason)
