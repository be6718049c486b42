"""Whose access keys sign requests, as the emulated AWS knows them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

# What moto's GetCallerIdentity answers for a key that it did not give out.
_UNKNOWN = ":user/moto"

# Gives the ARN in GetCallerIdentity's answer to a request that an access key id signed.
AskIdentity = Callable[[str], str]


@dataclass(frozen=True)
class Identity:
    """A caller: `arn` as GetCallerIdentity tells it, `principal` as policies name it."""

    arn: str
    principal: str


class Callers:
    """Asks for each access key once: a key never changes its owner."""

    def __init__(self, ask: AskIdentity) -> None:
        self._ask = ask
        self._known: dict[str, Identity] = {}

    async def get(self, access_key: str) -> Identity | None:
        """The owner of a key, or None if there is none."""
        if access_key not in self._known:
            arn = await asyncio.to_thread(self._ask, access_key)
            if arn.endswith(_UNKNOWN):
                return None
            self._known[access_key] = Identity(arn, principal_of(arn))
        return self._known[access_key]


def principal_of(arn: str) -> str:
    """The role of `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`; other ARNs as they are."""
    head, _, rest = arn.partition(":assumed-role/")
    if not rest:
        return arn
    partition, account = head.split(":")[1], head.split(":")[4]
    return f"arn:{partition}:iam::{account}:role/{rest.split('/')[0]}"
