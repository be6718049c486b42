"""The IAM policy that a Lambda authorizer answers with: is this method allowed?"""

import re
from enum import Enum
from typing import Any

_ACTION = "execute-api:Invoke"


class InvalidPolicyError(Exception):
    """The authorizer's answer is not a policy: API Gateway reports an authorizer configuration error."""


class Decision(Enum):
    ALLOW = "allow"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


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
