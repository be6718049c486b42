"""The policies of an assembly, by the role or the resource that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Resource, Stack
from falconry.assembly.values import Reader
from falconry.iam import EVERYBODY, Grant, grants


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose policy it is. `kind`: "role", "trust" (who may assume the role) or "resource"."""

    kind: str
    stack: str
    logical_id: str
    path: str
    type: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Its identity on both sides."""
        return self.kind, self.stack, self.logical_id


@dataclass(slots=True)
class Policy:
    """All grants of one holder, from all documents, and AWS managed policies by name."""

    grants: list[Grant] = field(default_factory=list)
    managed: set[str] = field(default_factory=set)


def policies(assembly: CloudAssembly) -> Mapping[Holder, Policy]:
    """Every holder's policy, in the order of the templates."""
    found: dict[Holder, Policy] = {}
    for stack in assembly.stacks.values():
        reader = Reader(assembly, stack)
        for logical_id, resource in stack.resources.items():
            for holder, policy in _of_resource(stack, reader, logical_id, resource):
                known = found.setdefault(holder, Policy())
                known.grants += policy.grants
                known.managed |= policy.managed
    return found


def _of_resource(stack: Stack, reader: Reader, logical_id: str, resource: Resource) -> Iterator[tuple[Holder, Policy]]:
    properties, kind = resource.get("Properties", {}), resource["Type"]
    if kind in ("AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group"):
        holder = Holder("role", stack.name, logical_id, stack.path(logical_id), kind)
        inline = [
            grant
            for policy in properties.get("Policies", [])
            for grant in grants(reader.plain(policy["PolicyDocument"]))
        ]
        managed = {reader.text(arn).rpartition("/")[2] for arn in properties.get("ManagedPolicyArns", [])}
        yield holder, Policy(inline, managed)
        if "AssumeRolePolicyDocument" in properties:
            document = reader.plain(properties["AssumeRolePolicyDocument"])
            trust = Holder("trust", stack.name, logical_id, stack.path(logical_id), kind)
            yield trust, Policy(grants(document))
    elif kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"):
        attached = [*properties.get("Roles", []), *([properties["RoleName"]] if "RoleName" in properties else [])]
        for role in attached or [{"Ref": logical_id}]:
            target = role["Ref"] if isinstance(role, dict) and "Ref" in role else logical_id
            role_type = stack.resources.get(target, resource)["Type"]
            yield (
                Holder("role", stack.name, target, stack.path(target), role_type),
                Policy(grants(reader.plain(properties["PolicyDocument"]))),
            )
    elif kind == "AWS::Lambda::Permission":
        yield _lambda_permission(stack, reader, logical_id, properties)
    else:
        for value in properties.values():
            if isinstance(value, dict) and "Statement" in value:
                target = _owner(properties) or logical_id
                yield (
                    Holder("resource", stack.name, target, stack.path(target), stack.resources[target]["Type"]),
                    Policy(grants(reader.plain(value))),
                )


def _owner(properties: Mapping[str, Any]) -> str | None:
    """The bucket that a policy resource is for, if it is in the same stack."""
    bucket = properties.get("Bucket")
    return bucket["Ref"] if isinstance(bucket, dict) and "Ref" in bucket else None


def _lambda_permission(
    stack: Stack, reader: Reader, logical_id: str, properties: Mapping[str, Any]
) -> tuple[Holder, Policy]:
    """A Lambda permission as a grant of the function's resource policy."""
    function = properties["FunctionName"]
    target = logical_id
    if isinstance(function, dict):
        target = function.get("Ref") or function.get("Fn::GetAtt", [logical_id])[0]
    principal = reader.text(properties["Principal"])
    conditions = {
        ("StringEquals", "aws:SourceAccount", "SourceAccount"),
        ("ArnLike", "aws:SourceArn", "SourceArn"),
        ("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"),
    }
    grant = Grant(
        True,
        EVERYBODY if principal == "*" else principal,
        reader.text(properties["Action"]),
        "",
        frozenset(
            (operator, key, frozenset({reader.text(properties[name])}))
            for operator, key, name in conditions
            if name in properties
        ),
    )
    return Holder("resource", stack.name, target, stack.path(target), "AWS::Lambda::Function"), Policy([grant])
