"""Logical ids that stay when a resource is made by a higher construct than before."""

from __future__ import annotations

import hashlib
import re
from typing import cast

from aws_cdk import CfnElement
from constructs import Construct


def keep_logical_id(construct: Construct, *path: str) -> None:
    """Give the resource inside `construct` the logical id that it had when it stood in the construct's own place.

    With another id, CloudFormation would make a second resource before it deletes the first, and refuse the second
    since it has the first one's name.

    Args:
        construct: one of the CDK's own, with one resource inside.
        path: where it stands, the ids of its scopes below the stack and its own.
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
    """The ids of the construct's scopes below its stack, which stands in the app itself, and its own."""
    return tuple(construct.node.path.split("/")[1:])
