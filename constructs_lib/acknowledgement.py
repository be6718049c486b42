"""Findings of cdk-nag that stay, each with its reason, written beside the resource that it is about."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct

NIST = "NIST.800.53.R5"
"""The pack NIST80053R5Checks, as it calls itself before its rules' names."""


def acknowledge(construct: Construct, rule: str, reason: str, pack: str = "AwsSolutions") -> None:
    """Say why `rule` of one of cdk-nag's packs, for example "VPC7", does not hold for `construct`.

    Args:
        pack: "AwsSolutions", or another pack's name as it stands before its rules' names, such as `NIST`.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{pack}-{rule}", reason=reason))


def acknowledge_warning(construct: Construct, warning: str, reason: str) -> None:
    """Say why a warning of the CDK itself, for example "@aws-cdk/aws-ec2:noSubnetRouteTableId", does not matter."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"Annotation::{warning}", reason=reason))


def acknowledge_wildcard(role: Construct, resource: str, reason: str) -> None:
    """Say why the policies of `role` name `resource`, which holds a wildcard. Any other wildcard is still found."""
    resolved = Stack.of(role).resolve(resource)
    parts = [resolved] if isinstance(resolved, str) else resolved["Fn::Join"][1]
    # cdk-nag writes a reference, such as the one to the partition, as its name in angle brackets.
    text = "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
    acknowledge(role, f"IAM5[Resource::{text}]", reason)
