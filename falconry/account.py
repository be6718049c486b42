"""The AWS identity behind the credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from falconry.errors import CommandError

if TYPE_CHECKING:
    from falconry.target import Target


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """An AWS account, and the ARN of the user or role in it."""

    account: str
    arn: str


def caller_identity(target: Target) -> CallerIdentity:
    """The caller, as STS knows it. Raises what boto3 raises without credentials."""
    answer = target.client("sts").get_caller_identity()
    return CallerIdentity(answer["Account"], answer["Arn"])


def require_account(target: Target) -> CallerIdentity:
    """The caller, if it belongs to the config's account.

    Raises:
        CommandError: the credentials are for another account than the config's.
    """
    who = caller_identity(target)
    wanted = target.settings.account
    if wanted is not None and who.account != wanted:
        raise CommandError(
            f"these credentials are for account {who.account}, but the config says `account: {wanted}`. "
            "Use that account's credentials, or correct the config."
        )
    return who
