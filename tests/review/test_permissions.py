"""Which permissions count as wider, and which of them as a danger."""

from __future__ import annotations

from typing import Any

import pytest

from falconry.iam import grants, wider
from falconry.review.findings import Level

from .templates import compared, only, resource, said

ACCOUNT = {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def document(**statement: Any) -> dict[str, Any]:
    return {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:a", **statement}]}


@pytest.mark.parametrize(
    ("before", "after", "is_wider"),
    [
        ({}, {}, False),
        # actions and resources
        ({"Action": "s3:Get*"}, {"Action": "s3:GetObject"}, False),
        ({"Action": "s3:GetObject"}, {"Action": "s3:Get*"}, True),
        ({"Action": "S3:getobject"}, {}, False),
        ({"Action": ["s3:PutObject", "s3:GetObject"]}, {}, False),
        ({}, {"Action": ["s3:PutObject", "s3:GetObject"]}, True),
        ({"Resource": "arn:*"}, {"Resource": ["arn:a", "arn:b"]}, False),
        ({"Resource": "arn:a/*"}, {"Resource": "arn:*"}, True),
        ({"Resource": "arn:?"}, {"Resource": "arn:a"}, False),
        # conditions
        ({"Condition": ACCOUNT}, {"Condition": ACCOUNT}, False),
        ({}, {"Condition": ACCOUNT}, False),
        ({"Condition": ACCOUNT}, {}, True),
        ({"Condition": ACCOUNT}, {"Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333", "4"]}}}, True),
        ({"Condition": {"StringEquals": {"k": ["1", "2"]}}}, {"Condition": {"StringEquals": {"k": "1"}}}, False),
        ({"Condition": {"StringLike": {"k": "a*"}}}, {"Condition": {"StringLike": {"k": "ab*"}}}, False),
        ({"Condition": {"StringLike": {"k": "ab*"}}}, {"Condition": {"StringLike": {"k": "a*"}}}, True),
        ({"Condition": {"StringNotEquals": {"k": ["1", "2"]}}}, {"Condition": {"StringNotEquals": {"k": "1"}}}, True),
        ({"Condition": {"StringNotEquals": {"k": "1"}}}, {"Condition": {"StringNotEquals": {"k": ["1", "2"]}}}, False),
        # principals
        ({"Principal": {"AWS": "arn:x"}}, {"Principal": {"AWS": ["arn:x", "arn:y"]}}, True),
        ({"Principal": "*"}, {"Principal": {"AWS": "arn:x"}}, False),
        ({"Principal": {"AWS": "*"}}, {"Principal": "*"}, False),
        # what denies
        ({"Effect": "Deny"}, {"Effect": "Deny", "Resource": "arn:*"}, False),
        ({"Effect": "Deny", "Resource": "arn:*"}, {"Effect": "Deny"}, True),
        # what cannot be told
        ({"NotAction": "iam:*", "Action": None}, {"NotAction": "iam:*", "Action": None}, False),
        ({"NotAction": ["iam:*", "s3:*"], "Action": None}, {"NotAction": "iam:*", "Action": None}, True),
    ],
)
def test_wider(before: dict[str, Any], after: dict[str, Any], is_wider: bool) -> None:
    assert bool(wider(grants(document(**before)), grants(document(**after)))) == is_wider


def role(policy: dict[str, Any], **properties: Any) -> dict[str, Any]:
    trust = document(Action="sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    return resource(
        "IAM::Role",
        {"AssumeRolePolicyDocument": trust, "Policies": [{"PolicyName": "p", "PolicyDocument": policy}], **properties},
    )


def test_a_statement_that_moves_to_a_policy_of_its_own_is_not_wider() -> None:
    policy = resource("IAM::Policy", {"PolicyDocument": document(), "Roles": [{"Ref": "Role"}]})
    empty = role({"Statement": []})

    found = compared({"Role": role(document())}, {"Role": empty, "Policy": policy})

    assert [one for one in found.findings if one.level != Level.NOTE] == []


@pytest.mark.parametrize(
    ("after", "level", "words"),
    [
        (role(document(Action="*", Resource="*")), Level.DANGER, "The role may now call `*` on every resource."),
        (role(document(Action="iam:*", Resource="*")), Level.DANGER, "`iam:*` on every resource"),
        (role(document(Action="s3:*", Resource="*")), Level.ATTENTION, "`s3:*` on every resource"),
        (
            role(document(), ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
            Level.DANGER,
            "The role gets the AWS managed policy `AdministratorAccess`.",
        ),
        (
            role(document(), ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
            Level.ATTENTION,
            "The role gets the AWS managed policy `ReadOnlyAccess`.",
        ),
    ],
)
def test_a_role_that_may_do_more(after: dict[str, Any], level: Level, words: str) -> None:
    found = only(compared({"Role": role(document())}, {"Role": after}))

    assert found.level == level
    assert words in found.what


GITHUB = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
SUBJECT = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:tii/falconry:*"}}


@pytest.mark.parametrize(
    ("trust", "level", "words"),
    [
        (
            {"Principal": {"AWS": "arn:aws:iam::4:root"}},
            Level.ATTENTION,
            "`arn:aws:iam::4:root` may now assume the role.",
        ),
        ({"Principal": "*"}, Level.DANGER, "Everyone may now assume the role."),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, Level.ATTENTION, "where"),
        ({"Principal": GITHUB}, Level.DANGER, "users of the identity provider"),
        ({"Principal": GITHUB, "Condition": SUBJECT}, Level.ATTENTION, "Users of the identity provider"),
    ],
)
def test_a_role_that_others_may_assume(trust: dict[str, Any], level: Level, words: str) -> None:
    before = role(document())
    after = role(document(), AssumeRolePolicyDocument=document(Action="sts:AssumeRole", **trust))

    found = only(compared({"Role": before}, {"Role": after}))

    assert found.level == level
    assert words.lower() in found.what.lower()


def test_a_new_role_for_everybody_is_a_danger_though_nothing_gets_wider() -> None:
    trust = document(Action="sts:AssumeRole", Principal={"AWS": "*"})

    found = only(compared(None, {"Role": role(document(), AssumeRolePolicyDocument=trust)}))

    assert found.level == Level.DANGER
    assert found.what == "Everyone may assume the role."


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("S3::BucketPolicy", {"Bucket": {"Ref": "Store"}, "PolicyDocument": document(Principal="*")}),
        ("KMS::Key", {"KeyPolicy": document(Principal={"AWS": "*"}, Action="kms:Decrypt")}),
        ("Lambda::Permission", {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*"}),
    ],
)
def test_a_resource_that_lets_everybody_in_is_a_danger(kind: str, properties: dict[str, Any]) -> None:
    before = {"Store": resource("S3::Bucket")}

    found = only(compared(before, {**before, "Policy": resource(kind, properties)}))

    assert found.level == Level.DANGER
    assert found.what.startswith("Everyone may")


def test_a_bucket_that_no_longer_refuses_plain_http_is_seen() -> None:
    deny = document(Effect="Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    store = resource("S3::Bucket")
    policy = resource("S3::BucketPolicy", {"Bucket": {"Ref": "Store"}, "PolicyDocument": deny})

    found = compared({"Store": store, "Policy": policy}, {"Store": store})

    assert said(found, Level.ATTENTION) == [
        "No longer denied to everyone: `s3:GetObject` on `arn:a`, where `aws:SecureTransport` Bool `false`."
    ]


def test_a_vpc_endpoint_without_a_policy_lets_everything_through() -> None:
    properties = {"ServiceName": "com.amazonaws.us-east-1.s3", "PolicyDocument": document(Principal="*")}
    closed = resource("EC2::VPCEndpoint", properties)
    opened = resource("EC2::VPCEndpoint", {"ServiceName": "com.amazonaws.us-east-1.s3"})

    found = compared({"Endpoint": closed}, {"Endpoint": opened})

    assert said(found, Level.ATTENTION) == ["Allows calls of `*` on every resource."]
    assert said(compared({"Endpoint": opened}, {"Endpoint": closed}), Level.ATTENTION) == []
