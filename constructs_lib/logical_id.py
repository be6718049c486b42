"""Logical ids that survive the change from an L1 construct to an L2 construct."""

from __future__ import annotations

import hashlib
import re
from typing import cast

from aws_cdk import CfnElement
from constructs import Construct


def keep_logical_id(construct: Construct, *path: str) -> None:
    """Give the resource inside an L2 construct the logical id of an L1 construct at the same path.

    With another id, CloudFormation would create a second resource before it deletes the first, and fail if both have
    one name.

    Args:
        construct: the L2 construct.
        path: the ids of its scopes below the stack, and its own.
    """
    # CDK: "Logical IDs"; https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/core/lib/private/uniqueid.ts
    parts: list[str] = []
    for part in path:
        if not (parts and parts[-1].endswith(part)):
            parts.append(part)
    shown = re.sub("[^A-Za-z0-9]", "", "".join(parts))[:240]
    digest = hashlib.md5("/".join(path).encode(), usedforsecurity=False).hexdigest()[:8].upper()
    cast(CfnElement, construct.node.default_child).override_logical_id(shown + digest)


def path_below_stack(construct: Construct) -> tuple[str, ...]:
    """The ids of the construct's scopes below its stack, and its own. The stack is a child of the app."""
    return tuple(construct.node.path.split("/")[1:])
