"""Each statement of the roles of front, authorizer and playground: why it is needed, and that nothing can be left out
unnoticed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Deployment, config_file

Statement = dict[str, Any]

NEEDED: dict[str, dict[str, set[str]]] = {
    "chat": {
        # Without it no log line would ever be written; Lambda does not say so.
        "WriteLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
        # The streaming call is authorised by the same action.
        "Invoke": {"sagemaker:InvokeEndpoint"},
        # Lambda refuses to create a function in a VPC without the first four, and leaks interfaces without the rest.
        "JoinNetwork": {
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        },
        # The environment is encrypted with the stack's own key; the function would not start.
        "ReadEnvironment": {"kms:Decrypt"},
        # Without them X-Ray shows requests that end at API Gateway.
        "SendTraces": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    },
    # It is open to everybody, so it may do nothing.
    "playground": {"WriteLogs": {"logs:CreateLogStream", "logs:PutLogEvents"}},
    "authorizer": {"WriteLogs": {"logs:CreateLogStream", "logs:PutLogEvents"}},
    "authorizer-with-tokens": {
        "WriteLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
        # Issuer and audience are in the environment.
        "ReadEnvironment": {"kms:Decrypt"},
    },
}
"""Role, statement, actions: what each function cannot do without."""


def statements(template: dict[str, Any], function: str) -> list[Statement]:
    (role,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
        and str(resource["Properties"].get("Description", "")).endswith(f"-{function}")
    ]
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def check(found: list[Statement], needed: dict[str, set[str]]) -> None:
    """Fails for a statement that is missing, that nobody gave a reason for, or whose actions are others."""
    actions = {
        statement["Sid"]: {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
        for statement in found
    }
    assert actions == needed
    assert all(statement["Effect"] == "Allow" for statement in found)
    assert not [action for names in actions.values() for action in names if "*" in action]
    for statement in found:
        # Only actions that take no resource, or make it, may have any.
        assert statement["Resource"] != "*" or statement["Sid"] in ("JoinNetwork", "SendTraces")


@pytest.fixture(scope="module")
def templates(
    falcon_180b: Deployment, synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    text = "region: us-east-1\nmodels: [{name: falcon-7b}]\napi:\n  playground: true\n  auth: jwt\n"
    text += "  jwt: {issuer: https://id.example.com, audience: [falcon]}\n"
    keys = json.loads(json.dumps(falcon_180b.api.body))
    tokens = synthesize(config_file(tmp_path_factory.mktemp("config"), text)).api.body
    with_page = json.loads(json.dumps(tokens))
    return {"chat": keys, "authorizer": keys, "authorizer-with-tokens": with_page, "playground": with_page}


def of_role(templates: dict[str, dict[str, Any]], role: str) -> list[Statement]:
    return statements(templates[role], role.removesuffix("-with-tokens"))


@pytest.mark.parametrize("role", NEEDED)
def test_a_role_has_what_it_needs_and_no_more(templates: dict[str, dict[str, Any]], role: str) -> None:
    check(of_role(templates, role), NEEDED[role])


@pytest.mark.parametrize(("role", "sid"), [(role, sid) for role, needed in NEEDED.items() for sid in needed])
def test_a_statement_that_is_taken_away_or_widened_is_noticed(
    templates: dict[str, dict[str, Any]], role: str, sid: str
) -> None:
    found = of_role(templates, role)
    without = [statement for statement in found if statement["Sid"] != sid]
    wider = copy.deepcopy(found)
    for statement in wider:
        if statement["Sid"] == sid:
            service = next(iter(NEEDED[role][sid])).split(":")[0]
            statement["Action"] = [f"{service}:*"]

    assert len(without) == len(found) - 1
    for mutant in (without, wider):
        with pytest.raises(AssertionError):
            check(mutant, NEEDED[role])


def test_the_environment_is_decrypted_by_the_stacks_own_key(templates: dict[str, dict[str, Any]]) -> None:
    for role in ("chat", "authorizer-with-tokens"):
        (decrypt,) = [item for item in of_role(templates, role) if item["Sid"] == "ReadEnvironment"]
        assert list(decrypt["Resource"]) == ["Fn::GetAtt"]
