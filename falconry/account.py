"""Whose credentials these are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from falconry.errors import CommandError

if TYPE_CHECKING:
    from falconry.target import Target


@dataclass(frozen=True, slots=True)
class Identity:
    """`arn` is the identity's."""

    account: str
    arn: str


def caller_identity(target: Target) -> Identity:
    """Who calls, by STS. Raises what boto3 raises without credentials."""
    answer = target.client("sts").get_caller_identity()
    return Identity(answer["Account"], answer["Arn"])


def require_account(target: Target) -> Identity:
    """Who calls.

    Raises:
        CommandError: the credentials are of another account than the config names.
    """
    who = caller_identity(target)
    wanted = target.settings.account
    if wanted is not None and who.account != wanted:
        raise CommandError(
            f"these credentials are of account {who.account}; the config says `account: {wanted}`. "
            "Use that account's credentials, or correct the config."
        )
    return who
