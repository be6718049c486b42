"""Accepted findings of cdk-nag, each with its reason beside the resource."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct

NIST = "NIST.800.53.R5"
"""The prefix of the rules in the pack NIST80053R5Checks."""


def acknowledge(construct: Construct, rule: str, reason: str, pack: str = "AwsSolutions") -> None:
    """Accept a violation of `rule` of one of cdk-nag's packs, for example "VPC7", and say why.

    Args:
        pack: "AwsSolutions", or the prefix of another pack's rules, such as `NIST`.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{pack}-{rule}", reason=reason))


def acknowledge_warning(construct: Construct, warning: str, reason: str) -> None:
    """Accept a warning of the CDK itself, for example "@aws-cdk/aws-ec2:noSubnetRouteTableId", and say why."""
    Validations.of(construct).acknowledge(Acknowledgment(id=f"Annotation::{warning}", reason=reason))


def acknowledge_wildcard(role: Construct, resource: str, reason: str) -> None:
    """Accept `resource`, which contains a wildcard, in policies of `role`. Others are still found."""
    resolved = Stack.of(role).resolve(resource)
    parts = [resolved] if isinstance(resolved, str) else resolved["Fn::Join"][1]
    # cdk-nag writes a reference, such as the one to the partition, as its name in angle brackets.
    text = "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in parts)
    acknowledge(role, f"IAM5[Resource::{text}]", reason)
