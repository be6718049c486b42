"""Widened permissions: what roles may do, who may assume them, and who may use resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from falconry.iam import EVERYBODY, Grant, dropped_conditions, wider
from falconry.review.comparison import Comparison
from falconry.review.findings import Finding, Topic, attention, danger, note
from falconry.review.policies import Holder, Policy

ADMINISTRATOR = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
"""AWS managed policies that grant everything, or the right to grant it."""

NO_WAY_IN = ("AWS::EC2::VPCEndpoint", "AWS::ApiGateway::RestApi")
"""Types whose policy may name everybody: a VPC endpoint is reached from its VPC alone, and an API's methods check who
calls (`api.py` looks at those)."""

RESTRICTING = ("sourceaccount", "sourcearn", "principalaccount", "principalarn", "principalorgid", "principalorgpaths",
               "sourceorgid", "sourcevpc", "sourcevpce", "calleraccount", "sourceowner", "sourceip")  # fmt: skip
"""Keys of conditions, after their prefix, that restrict "everyone"."""


def findings(comparison: Comparison) -> Iterator[Finding]:
    """What becomes possible with the change."""
    # What a stack that is left behind allowed is no measure for the others.
    base, head = comparison.kept, comparison.head
    old, new = base.policies, head.policies
    before_by_key = {holder.key: policy for holder, policy in old.items()}
    for holder, policy in new.items():
        before = before_by_key.get(holder.key)
        if before is None and holder.kind == "resource" and base.has(holder.stack, holder.logical_id):
            yield from _first_policy(holder, policy)
        elif before is None:
            yield from _new_holder(holder, policy)
        else:
            yield from _widened(holder, before, policy)
    held = {holder.key for holder in new}
    for holder, policy in old.items():
        gone = holder.key not in held
        # `api.py` says it of an API that becomes public, with what follows.
        private = holder.type == "AWS::ApiGateway::RestApi" and any("SourceVpce" in str(one) for one in policy.grants)
        if gone and holder.kind == "resource" and not private and head.has(holder.stack, holder.logical_id):
            yield from _widened(holder, policy, Policy(_without_policy(holder)))


def _without_policy(holder: Holder) -> list[Grant]:
    """The grants of a resource without a policy: an API or a VPC endpoint allows everyone, all others nobody."""
    return [Grant(True, EVERYBODY, "*", "*", frozenset())] if holder.type in NO_WAY_IN else []


def _first_policy(holder: Holder, policy: Policy) -> Iterator[Finding]:
    yield from _widened(holder, Policy(_without_policy(holder)), policy)


def _new_holder(holder: Holder, policy: Policy) -> Iterator[Finding]:
    """The findings for a new holder: only its dangerous grants count."""
    for grant in policy.grants:
        if bad := _bad(holder, grant):
            yield danger(Topic.ACCESS, holder.path, _says(holder, [grant], new=True), bad)
        elif holder.kind == "trust" and grant.allows and grant.principal.startswith("Federated"):
            yield attention(Topic.ACCESS, holder.path, _says(holder, [grant], new=True))
    for name in policy.managed & set(ADMINISTRATOR):
        yield danger(Topic.ACCESS, holder.path, f"A new role has the AWS managed policy `{name}`.", _LESS)
    if holder.kind == "role":
        allowed = [grant for grant in policy.grants if grant.allows]
        actions = sorted({grant.action for grant in allowed})
        anywhere = sorted({grant.action for grant in allowed if grant.resource == "*"})
        parts = [f"may call {_listed(actions)}"] if actions else []
        parts += [f"on any resource: {_listed(anywhere)}"] if anywhere else []
        parts += [f"has the AWS managed policy {_listed(sorted(policy.managed))}"] if policy.managed else []
        yield note(Topic.ACCESS, holder.path, f"New role: {'; '.join(parts) or 'no permissions'}.")


def _widened(holder: Holder, before: Policy, after: Policy) -> Iterator[Finding]:
    found = wider(before.grants, after.grants)
    for grant in found:
        if bad := _bad(holder, grant):
            yield danger(Topic.ACCESS, holder.path, _says(holder, [grant]), bad)
    ordinary = [grant for grant in found if not _bad(holder, grant)]
    for group in _grouped(ordinary):
        dropped = dropped_conditions(group[0], before.grants) if group[0].allows else frozenset()
        words = _says(holder, group)
        if dropped:
            words += f" Previously only where {_conditions(dropped)}."
        yield attention(Topic.ACCESS, holder.path, words)
    for name in sorted(after.managed - before.managed):
        words = f"The role gets the AWS managed policy `{name}`."
        yield (danger if name in ADMINISTRATOR else attention)(Topic.ACCESS, holder.path, words, _LESS)


_LESS = "List only the actions and resources that it needs."
_NOT_ALL = "Name the principals, or add a condition that limits the source (`aws:SourceAccount`, `aws:PrincipalOrgID`)."
_SUBJECT = "Add a condition on the token's `sub` that names the repository and branch that may assume the role."


def _bad(holder: Holder, grant: Grant) -> str:
    """How to fix a dangerous grant; "" if it is not dangerous."""
    if not grant.allows:
        return ""
    if holder.kind == "role":
        return _LESS if grant.action in ("*", "*:*", "iam:*") and grant.resource == "*" else ""
    restricted = any(key.lower().rpartition(":")[2] in RESTRICTING for _, key, _ in grant.conditions)
    if grant.principal == EVERYBODY and not restricted and holder.type not in NO_WAY_IN:
        return _NOT_ALL
    return _SUBJECT if grant.principal.startswith("Federated") and not _names_whose(grant) else ""


def _names_whose(grant: Grant) -> bool:
    """Whether a condition limits whose tokens count: without one, anyone with an account at the provider gets in."""
    subjects = [values for operator, key, values in grant.conditions if key.endswith(":sub") and "Not" not in operator]
    return any(not any(_ANYBODYS.match(value) for value in values) for values in subjects)


_ANYBODYS = re.compile(r"(repo:)?[^/:]*[*?]")
"""A subject whose owner is a pattern: "*", "repo:*", "repo:ex*/falconry:ref:refs/heads/main"."""


def _grouped(found: Sequence[Grant]) -> Iterator[list[Grant]]:
    """Grants that fit in one sentence: of one effect, principal and conditions, and on the same resources."""
    by_action: dict[tuple[bool, str, frozenset[Any], str], list[Grant]] = {}
    for grant in found:
        by_action.setdefault((grant.allows, grant.principal, grant.conditions, grant.action), []).append(grant)
    groups: dict[tuple[bool, str, frozenset[Any], tuple[str, ...]], list[Grant]] = {}
    for (allows, principal, conditions, _), group in by_action.items():
        key = (allows, principal, conditions, tuple(sorted(grant.resource for grant in group)))
        groups.setdefault(key, []).extend(group)
    yield from groups.values()


def _says(holder: Holder, group: Sequence[Grant], *, new: bool = False) -> str:
    grant = group[0]
    actions = _listed(sorted({one.action for one in group}))
    resources = sorted({one.resource for one in group} - {""})
    who = _who(grant.principal)
    where = f" on {_listed(resources)}" if resources and holder.kind != "trust" else ""
    if resources == ["*"]:
        where = " on every resource"
    under = f", where {_conditions(grant.conditions)}" if grant.conditions else ""
    if holder.kind == "trust":
        return f"{_capital(who)} {'may' if new else 'may now'} assume the role{under}."
    if holder.type in NO_WAY_IN and grant.allows and grant.principal == EVERYBODY:
        return f"Allows calls of {actions}{where}{under}."
    subject = "The role" if holder.kind == "role" else _capital(who)
    if not grant.allows:
        whom = "" if holder.kind == "role" else f" to {who}"
        return f"No longer denied{whom}: {actions}{where}{under}."
    return f"{subject} {'may' if new else 'may now'} call {actions}{where}{under}."


def _who(principal: str) -> str:
    """A principal in words: "everyone", "the service `lambda.amazonaws.com`"."""
    if principal == EVERYBODY:
        return "everyone"
    kind, _, name = principal.partition(" ")
    nouns = {"Service": "the service ", "Federated": "users of the identity provider ", "AWS": ""}
    return f"{nouns[kind]}`{name}`" if kind in nouns and name else f"`{principal}`"


def _conditions(conditions: Iterable[tuple[str, str, frozenset[str]]]) -> str:
    return " and ".join(
        f"`{key}` {operator} {_listed(sorted(values))}" for operator, key, values in sorted(conditions, key=str)
    )


def _listed(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
