"""Policies about calling a method: a Lambda authorizer's answer, and an API's resource policy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

_ACTION = "execute-api:Invoke"


class InvalidPolicyError(Exception):
    """The authorizer's answer is not a policy: API Gateway reports an authorizer configuration error."""


class Decision(Enum):
    ALLOW = "allow"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


@dataclass(frozen=True)
class Caller:
    """Who calls, as a resource policy sees it: the role's or user's ARN (None: unsigned), and where from."""

    arn: str | None
    source_ip: str
    vpc_endpoint_id: str | None

    def matches(self, principal: Any) -> bool:
        """Whether a statement's Principal names the caller."""
        if principal == "*":
            return True
        named = principal.get("AWS", []) if isinstance(principal, dict) else []
        for name in [named] if isinstance(named, str) else named:
            if name == "*":
                return True
            if self.arn is None:
                continue
            account = self.arn.split(":")[4]
            if name in (self.arn, account) or (name.endswith(":root") and name.split(":")[4] == account):
                return True
        return False

    def keys(self) -> dict[str, str]:
        """The condition keys that the caller has, in lower case."""
        account = self.arn.split(":")[4] if self.arn else None
        keys = {
            "aws:principalarn": self.arn,
            "aws:principalaccount": account,
            "aws:sourceip": self.source_ip,
            "aws:sourcevpce": self.vpc_endpoint_id,
        }
        return {name: value for name, value in keys.items() if value is not None}


def evaluate_resource_policy(policy: Any, method_arn: str, caller: Caller) -> Decision:
    """As `evaluate`, for the statements that are about the caller.

    Conditions: StringEquals, StringNotEquals, ArnEquals, ArnLike, ArnNotEquals and ArnNotLike on aws:PrincipalArn,
    aws:PrincipalAccount, aws:SourceIp and aws:SourceVpce. Raises InvalidPolicyError for another operator.
    """
    api_arn = "/".join(method_arn.split("/")[:1])
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    about = []
    for statement in [statements] if isinstance(statements, dict) else statements or []:
        if not caller.matches(statement.get("Principal")) or not _holds(statement.get("Condition") or {}, caller):
            continue
        resources = statement.get("Resource")
        resources = [resources] if isinstance(resources, str) else resources or []
        # The short form, which API Gateway completes when the policy is saved.
        whole = [f"{api_arn}/{name.removeprefix('execute-api:/')}" if name.startswith("execute-api:/") else name
                 for name in resources]  # fmt: skip
        about.append({"Effect": statement.get("Effect"), "Action": statement.get("Action"), "Resource": whole})
    return evaluate({"Statement": about}, method_arn) if about else Decision.IMPLICIT_DENY


def _holds(conditions: Mapping[str, Mapping[str, Any]], caller: Caller) -> bool:
    """Whether every condition is true. A negated operator is true where the key is missing."""
    keys = caller.keys()
    for operator, tests in conditions.items():
        kind, negated = operator.replace("Not", ""), "Not" in operator
        if kind not in ("StringEquals", "ArnEquals", "ArnLike"):
            raise InvalidPolicyError(f"the condition operator {operator!r} is not evaluated here")
        for key, wanted in tests.items():
            value = keys.get(key.lower())
            patterns = [wanted] if isinstance(wanted, str) else wanted
            if kind == "StringEquals":
                found = value in patterns
            else:
                found = value is not None and any(re.fullmatch(_wildcard(pattern), value) for pattern in patterns)
            if found is negated:
                return False
    return True


def evaluate(policy: Any, method_arn: str) -> Decision:
    """An explicit Deny wins over every Allow; what is not mentioned is denied.

    Conditions are not evaluated. The safe side is taken: a conditional Allow does not allow, a conditional Deny denies.
    """
    if not isinstance(policy, dict):
        raise InvalidPolicyError("policyDocument is not an object")
    statements = policy.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise InvalidPolicyError("policyDocument has no Statement")
    decision = Decision.IMPLICIT_DENY
    for statement in statements:
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            raise InvalidPolicyError("a statement's Effect is neither Allow nor Deny")
        if not (
            _any_match(statement.get("Action"), _ACTION, ignore_case=True)
            and _any_match(statement.get("Resource"), method_arn)
        ):
            continue
        if statement["Effect"] == "Deny":
            return Decision.EXPLICIT_DENY
        if not statement.get("Condition"):
            decision = Decision.ALLOW
    return decision


def _any_match(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    if isinstance(patterns, str):
        patterns = [patterns]
    if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
        raise InvalidPolicyError("Action and Resource must be strings or lists of strings")
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return any(re.fullmatch(_wildcard(pattern), value, flags) for pattern in patterns)


def _wildcard(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
