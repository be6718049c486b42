"""IAM matching: policy documents as sets of single grants, and which grants of one document another lacks.

A grant allows one action on one resource to one principal under all of its conditions. This is the part of IAM's logic
that says which of two documents is wider; where it cannot tell, as with NotAction, whatever differs counts as wider.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

Condition = tuple[str, str, frozenset[str]]
"""Operator, key, values."""

EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource, for one principal, under all of its conditions.

    Attributes:
        allows: False for a statement that denies.
        principal: "*", "AWS arn:...", "Service sagemaker.amazonaws.com"; "" in a role's own policy.
    """

    allows: bool
    principal: str
    action: str
    resource: str
    conditions: frozenset[Condition]

    def covers(self, other: Grant) -> bool:
        """Whether this grant includes everything that `other` grants or denies."""
        return (
            self.allows == other.allows
            and (self.principal == other.principal or (self.principal == EVERYBODY and other.principal != ""))
            and matches(self.action.lower(), other.action.lower())
            and matches(self.resource, other.resource)
            and all(any(_implied(one, by) for by in other.conditions) for one in self.conditions)
        )


def grants(document: Any) -> list[Grant]:
    """Every grant of a policy document in which what CloudFormation computes is written out (`Reader.plain`)."""
    return [grant for statement in _many(document.get("Statement")) for grant in _of_statement(statement)]


def wider(before: Iterable[Grant], after: Iterable[Grant]) -> list[Grant]:
    """What `after` allows and `before` did not, and what `before` denied and `after` no longer does."""
    old, new = list(before), list(after)
    allowed = [one for one in new if one.allows and not any(other.covers(one) for other in old)]
    denied = [one for one in old if not one.allows and not any(other.covers(one) for other in new)]
    return allowed + denied


def dropped_conditions(grant: Grant, before: Iterable[Grant]) -> frozenset[Condition]:
    """The conditions that limited the same grant in `before`; none if it was not there."""
    bare = Grant(grant.allows, grant.principal, grant.action, grant.resource, frozenset())
    for other in before:
        without = Grant(other.allows, other.principal, other.action, other.resource, frozenset())
        if without.covers(bare):
            return other.conditions - grant.conditions
    return frozenset()


def _of_statement(statement: Mapping[str, Any]) -> Iterator[Grant]:
    conditions = frozenset(
        (operator, key, frozenset(str(value) for value in _many(values)))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )
    for principal in _principals(statement):
        for action in _either(statement, "Action"):
            for resource in _either(statement, "Resource"):
                yield Grant(statement.get("Effect") == "Allow", principal, action, resource, conditions)


def _either(statement: Mapping[str, Any], name: str) -> list[str]:
    """The patterns of Action or Resource; those of NotAction as one text that matches nothing else."""
    if f"Not{name}" in statement:
        return ["all but " + ", ".join(sorted(str(item) for item in _many(statement[f"Not{name}"])))]
    return [str(item) for item in _many(statement.get(name, ""))]


def _principals(statement: Mapping[str, Any]) -> list[str]:
    if "NotPrincipal" in statement:
        return ["all but " + ", ".join(_named(statement["NotPrincipal"]))]
    return _named(statement.get("Principal", ""))


def _named(principal: Any) -> list[str]:
    if not isinstance(principal, dict):
        return [str(principal)]
    return [
        EVERYBODY if (kind, name) == ("AWS", "*") else f"{kind} {name}"
        for kind, names in principal.items()
        for name in _many(names)
    ]


def _implied(condition: Condition, by: Condition) -> bool:
    """Whether every request that meets `by` meets `condition`."""
    operator, key, values = condition
    if (operator, key.lower()) != (by[0], by[1].lower()):
        return False
    if "Not" in operator:
        return values <= by[2]
    if operator.endswith("Like"):
        return all(any(matches(value, other) for value in values) for other in by[2])
    return by[2] <= values


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern of actions or ARNs, with `*` and `?`, covers `text`, which may be a pattern too."""
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern), re.DOTALL)
