"""The two roles for workflows: who can take them on, what each may do, and that nothing can be left out unnoticed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack

from constructs_lib.delivery.github_provider import ISSUER, GithubRole
from falconry.assembly.cloud_assembly import read

from .matrix import MATRIX, synthesize
from .policies import ACCOUNT, Request, Statement, allows, resolved, statements_of

CONFIG = MATRIX["delivery"].first.replace("environment: dev", "environment: live") + (
    "api: {domain: {name: falcon.example.com, certificate_arn: 'arn:aws:acm:us-east-1:111122223333:certificate/a'}}\n"
)
HERE = f"us-east-1:{ACCOUNT}"
DEPLOY_JOB = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:example/falconry:environment:live",
    "ref": "refs/heads/trunk",
}
PULL_REQUEST_JOB = {
    "aud": "sts.amazonaws.com",
    "sub": "repo:example/falconry:pull_request",
    "ref": "refs/pull/7/merge",
}
"""What GitHub writes into the token of a job in the environment `live`, and of one for a pull request."""

STRANGERS: dict[str, tuple[Mapping[str, str], str]] = {
    "another branch": ({**DEPLOY_JOB, "ref": "refs/heads/topic"}, "ref"),
    "a tag": ({**DEPLOY_JOB, "ref": "refs/tags/trunk"}, "ref"),
    "another environment": ({**DEPLOY_JOB, "sub": "repo:example/falconry:environment:dev"}, "sub"),
    "no environment": ({**DEPLOY_JOB, "sub": "repo:example/falconry:ref:refs/heads/trunk"}, "sub"),
    "a pull request": ({**PULL_REQUEST_JOB, "ref": "refs/heads/trunk"}, "sub"),
    "a fork": ({**DEPLOY_JOB, "sub": "repo:stranger/falconry:environment:live"}, "sub"),
    "a longer name": ({**DEPLOY_JOB, "sub": "repo:example/falconry2:environment:live"}, "sub"),
    "a token for another service": ({**DEPLOY_JOB, "aud": "https://github.com/example"}, "aud"),
}
"""Whose token the deploy role refuses, and by which claim."""

CALLS: dict[str, list[Request]] = {
    "ReadStacks": [
        Request(f"cloudformation:{action}", f"arn:aws:cloudformation:{HERE}:stack/{name}/4f1c")
        for action in ("DescribeStacks", "GetTemplate")
        for name in ("falconry-delivery-api", "CDKToolkit")
    ],
    "ReadNames": [
        Request("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/cdk-bootstrap/hnb659fds/version"),
        Request("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/falconry/delivery/api/url"),
    ],
    "ReadConcurrency": [
        Request("lambda:GetFunctionConcurrency", f"arn:aws:lambda:{HERE}:function:falconry-delivery-chat")
    ],
    "ReadLogRole": [Request("apigateway:GET", "arn:aws:apigateway:us-east-1::/account")],
    "CountInstances": [
        Request("sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/another-teams"),
        Request("sagemaker:DescribeEndpointConfig", f"arn:aws:sagemaker:{HERE}:endpoint-config/another-teams"),
    ],
    "ReadComponents": [
        Request(
            "sagemaker:DescribeInferenceComponent",
            f"arn:aws:sagemaker:{HERE}:inference-component/falconry-delivery-falcon-7b-instruct",
        )
    ],
    "ReadModels": [Request("sagemaker:DescribeModel", f"arn:aws:sagemaker:{HERE}:model/model-9f2c")],
    "FindWeights": [
        Request("s3:ListBucket", "arn:aws:s3:::jumpstart-cache-prod-us-east-1"),
        Request("s3:GetObject", "arn:aws:s3:::jumpstart-cache-prod-us-east-1/huggingface-llm/falcon/config.json"),
    ],
    "AskAccount": [
        Request(action, "*")
        for action in (
            "application-autoscaling:DescribeScalableTargets",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeInstanceTypeOfferings",
            "ec2:DescribeRegions",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeVpcEndpointServices",
            "ec2:DescribeVpcEndpoints",
            "ec2:DescribeVpcs",
            "lambda:GetAccountSettings",
            "sagemaker:ListEndpoints",
            "sagemaker:ListInferenceComponents",
            "servicequotas:GetAWSDefaultServiceQuota",
            "servicequotas:GetServiceQuota",
            "servicequotas:ListServiceQuotas",
        )
    ],
    "ReadCertificate": [Request("acm:DescribeCertificate", f"arn:aws:acm:{HERE}:certificate/a")],
    "AssumeBootstrapRoles": [
        Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-{role}-role-{ACCOUNT}-us-east-1")
        for role in ("deploy", "file-publishing", "image-publishing", "lookup")
    ],
}
"""Statement -> the calls that `cdk diff`, `falconry plan`, `falconry preflight` and `cdk deploy` make by it."""

FORBIDDEN = [
    Request("cloudformation:GetTemplate", f"arn:aws:cloudformation:{HERE}:stack/another-teams/4f1c"),
    Request("cloudformation:CreateChangeSet", f"arn:aws:cloudformation:{HERE}:stack/falconry-delivery-api/4f1c"),
    Request("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/another-teams/password"),
    Request("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/falconry/other/api/url"),
    Request("s3:GetObject", "arn:aws:s3:::falconry-delivery-111122223333-us-east-1/models/weights"),
    Request("apigateway:GET", "arn:aws:apigateway:us-east-1::/apikeys/abc"),
    Request("logs:GetLogEvents", f"arn:aws:logs:{HERE}:log-group:/falconry/falconry-delivery-chat:*"),
    Request("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:{HERE}:endpoint/falconry-delivery-falcon-7b-instruct"),
    Request("kms:Decrypt", f"arn:aws:kms:{HERE}:key/1234"),
    Request("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
    Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-us-east-1"),
    Request("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-eu-west-1"),
]
"""What neither role may do."""


@pytest.fixture(scope="module")
def roles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """ "review" and "deploy" -> the role's properties."""
    assembly = synthesize("delivery", CONFIG, tmp_path_factory.mktemp("delivery"))
    resources = read(assembly).stacks["falconry-delivery-delivery"].resources
    found = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::IAM::Role"]
    return {role["RoleName"].rpartition("-")[2]: role for role in found}


def conditions_of(role: Mapping[str, Any]) -> dict[str, str]:
    """Claim -> the only value that the role's trust takes. Fails where the trust is of another kind."""
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert list(statement["Principal"]) == ["Federated"]
    assert list(statement["Condition"]) == ["StringEquals"]
    return {key.removeprefix(f"{ISSUER}:"): value for key, value in statement["Condition"]["StringEquals"].items()}


def trusts(conditions: Mapping[str, str], token: Mapping[str, str]) -> bool:
    return all(token.get(claim) == value for claim, value in conditions.items())


def without(statements: list[Statement], action: str) -> list[Statement]:
    """The statements with one action taken out of all of them."""
    changed: list[Statement] = []
    for statement in statements:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        changed.append({**statement, "Action": [one for one in actions if one != action]})
    return changed


def test_each_role_is_for_its_jobs(roles: dict[str, Any]) -> None:
    assert set(roles) == {"review", "deploy"}
    assert trusts(conditions_of(roles["deploy"]), DEPLOY_JOB)
    assert trusts(conditions_of(roles["review"]), PULL_REQUEST_JOB)
    assert not trusts(conditions_of(roles["review"]), DEPLOY_JOB)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_the_deploy_role_is_refused_to(stranger: str, roles: dict[str, Any]) -> None:
    token, decisive = STRANGERS[stranger]
    conditions = conditions_of(roles["deploy"])
    others = {claim: value for claim, value in conditions.items() if claim != decisive}

    assert not trusts(conditions, token)
    assert trusts(others, token), "another condition refuses it too"


@pytest.mark.parametrize("claim", ["aud", "sub"])
def test_the_review_role_is_refused_to_other_tokens(claim: str, roles: dict[str, Any]) -> None:
    assert not trusts(conditions_of(roles["review"]), {**PULL_REQUEST_JOB, claim: "another"})


def test_no_condition_and_no_resource_of_the_trust_is_a_pattern(roles: dict[str, Any]) -> None:
    for role in roles.values():
        assert not [value for value in conditions_of(role).values() if "*" in value or "?" in value]


def test_every_statement_has_its_calls(roles: dict[str, Any]) -> None:
    found = [statement["Sid"] for role in roles.values() for statement in statements_of(role)]

    assert sorted(found) == sorted(CALLS)


@pytest.mark.parametrize("sid", CALLS)
def test_a_statement_is_needed_and_so_is_each_of_its_actions(sid: str, roles: dict[str, Any]) -> None:
    statements = statements_of(roles["deploy" if sid == "AssumeBootstrapRoles" else "review"])
    (statement,) = [one for one in statements if one["Sid"] == sid]
    others = [one for one in statements if one["Sid"] != sid]
    actions = {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
    resources = [statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"]

    assert actions == {call.action for call in CALLS[sid]}
    for call in CALLS[sid]:
        assert allows(statements, call)
        assert not allows(others, call), "another statement allows it too"
        assert not allows(without(statements, call.action), call)
    # Each resource is one that a call is about: none is listed for nothing.
    for resource in resources:
        narrowed = {**statement, "Resource": [one for one in resources if one != resource]}
        assert [call for call in CALLS[sid] if not allows([narrowed], call)], resource


@pytest.mark.parametrize("request_", FORBIDDEN, ids=lambda request: f"{request.action} {request.resource}"[:60])
def test_neither_may(request_: Request, roles: dict[str, Any]) -> None:
    for role in roles.values():
        assert not allows(statements_of(role), request_)


def test_the_review_role_only_reads(roles: dict[str, Any]) -> None:
    verbs = ("Describe", "Get", "List", "GET")
    actions = [call.action for calls in CALLS.values() for call in calls if call.action != "sts:AssumeRole"]

    assert not [action for action in actions if not action.partition(":")[2].startswith(verbs)]
    assert resolved(roles["review"]).get("ManagedPolicyArns") is None


def test_a_role_without_a_subject_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="lack `sub`; any repository could assume the role"):
        GithubRole(
            Stack(App(), "stack"),
            "Role",
            role_name="open",
            description="for anyone",
            provider_arn="arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
            claims={"ref": "refs/heads/main"},
            statements=[],
            max_session_duration=Duration.hours(1),
        )
