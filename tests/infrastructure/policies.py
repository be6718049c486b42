"""What the statements of a template's policies allow, judged as IAM would, so far as these templates go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from falconry.iam import matches

ACCOUNT = "111122223333"
REFERENCES = {"AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}

Statement = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One call of an API: the action, the resource that it is about, and what IAM knows besides."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def resolved(value: Any) -> Any:
    """The value without intrinsic functions; a reference to something the stacks make becomes its logical name."""
    match value:
        case {"Ref": name}:
            return REFERENCES.get(name, name)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}.{attribute}"
        case {"Fn::GetStackOutput": {"OutputName": name}}:
            return name
        case {"Fn::Join": [separator, parts]}:
            return separator.join(resolved(part) for part in parts)
        case {"Fn::Select": [index, values]}:
            return f"{resolved(values)}[{index}]"
        case dict():
            return {key: resolved(item) for key, item in value.items()}
        case list():
            return [resolved(item) for item in value]
    return value


def statements_of(role: Mapping[str, Any]) -> list[Statement]:
    """All statements of a role's own policies, resolved."""
    return [
        statement
        for policy in resolved(role["Policies"])
        for statement in listed(policy["PolicyDocument"]["Statement"])
    ]


def allows(statements: Iterable[Statement], request: Request) -> bool:
    """Whether one of the statements, which all allow something, allows the request."""
    return any(_allows(statement, request) for statement in statements)


def listed(value: Any) -> list[Any]:
    """A policy's one or many."""
    return value if isinstance(value, list) else [value]


def _allows(statement: Statement, request: Request) -> bool:
    assert statement["Effect"] == "Allow"
    assert not {"NotAction", "NotResource"} & statement.keys()
    return (
        _any_like(statement["Action"], request.action)
        and _any_like(statement["Resource"], request.resource)
        and all(
            key in request.context and _compare(operator, patterns, request.context[key])
            for operator, conditions in statement.get("Condition", {}).items()
            for key, patterns in conditions.items()
        )
    )


def _compare(operator: str, patterns: Any, value: str) -> bool:
    if operator == "StringEquals":
        return value in listed(patterns)
    if operator in ("StringLike", "ArnLike"):
        return _any_like(patterns, value)
    raise AssertionError(f"no statement was expected to use {operator}")


def _any_like(patterns: Any, value: str) -> bool:
    return any(matches(pattern, value) for pattern in listed(patterns))
