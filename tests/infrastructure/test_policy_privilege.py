"""Each statement of the VPC endpoints' policies and of the API's resource policy: what it is for, and that taking it
out is noticed."""

from __future__ import annotations

from typing import Any

import pytest
from local_aws.data_plane.api_gateway.policy import Caller, Decision, evaluate_resource_policy

from constructs_lib.api.access_policy import access_policy

from .conftest import Deployment
from .policies import ACCOUNT, Request, Statement, allows, listed, resolved

OWN_BUCKET = f"arn:aws:s3:::falconry-falcon-180b-{ACCOUNT}-us-east-1"
JUMPSTART = "arn:aws:s3:::jumpstart-cache-prod-us-east-1"
SERVED = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/falconry-falcon-180b-falcon-180b-chat"

LET_THROUGH: dict[tuple[str, str], tuple[Request, ...]] = {
    # SageMaker fetches the weights through the model's subnets.
    ("Gateway", "s3:GetObject"): (
        Request("s3:GetObject", f"{OWN_BUCKET}/models/a"),
        Request("s3:GetObject", f"{JUMPSTART}/huggingface-llm/a"),
    ),
    # It finds them below a prefix.
    ("Gateway", "s3:ListBucket"): (Request("s3:ListBucket", OWN_BUCKET), Request("s3:ListBucket", JUMPSTART)),
    # The front calls the models.
    ("Interface", "sagemaker:InvokeEndpoint"): (
        Request("sagemaker:InvokeEndpoint", SERVED, {"aws:PrincipalAccount": ACCOUNT}),
    ),
}
"""Kind of VPC endpoint and a statement's one action -> the calls that need it."""


@pytest.fixture(scope="module")
def endpoint_policies(falcon_180b: Deployment) -> dict[str, list[Statement]]:
    endpoints = [endpoint["Properties"] for endpoint in falcon_180b.network.resources("AWS::EC2::VPCEndpoint")]
    return {one["VpcEndpointType"]: resolved(one["PolicyDocument"])["Statement"] for one in endpoints}


def test_the_vpc_endpoints_have_the_known_statements(endpoint_policies: dict[str, list[Statement]]) -> None:
    found = [(kind, listed(one["Action"])) for kind, statements in endpoint_policies.items() for one in statements]

    assert sorted(found) == sorted((kind, [action]) for kind, action in LET_THROUGH)


@pytest.mark.parametrize(("kind", "action"), LET_THROUGH)
def test_without_the_statement_the_vpc_endpoint_stops_a_call(
    endpoint_policies: dict[str, list[Statement]], kind: str, action: str
) -> None:
    statements = endpoint_policies[kind]
    others = [statement for statement in statements if listed(statement["Action"]) != [action]]

    for request in LET_THROUGH[kind, action]:
        assert allows(statements, request)
        assert not allows(others, request)


ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
INTRUDER = f"arn:aws:iam::{ACCOUNT}:role/intruder"
VPC_ENDPOINT = "vpce-0123456789abcdef0"
STAGE = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:abcdefghij/live"
ASK = f"{STAGE}/POST/v1/chat/completions"

MODES: dict[str, dict[str, Any]] = {
    "iam": {"principals": [ROLE]},
    "iam-with-browsers": {"principals": [ROLE], "preflight": True},
    "private": {"vpc_endpoint_ids": [VPC_ENDPOINT]},
    "private-iam": {"principals": [ROLE], "vpc_endpoint_ids": [VPC_ENDPOINT]},
}
"""The arguments of the resource policy for each kind of API that has one."""

APP_INSIDE = Caller(ROLE, "10.0.0.1", VPC_ENDPOINT)
APP_OUTSIDE = Caller(ROLE, "203.0.113.1", "vpce-99999999999999999")
OTHER_INSIDE = Caller(INTRUDER, "10.0.0.1", VPC_ENDPOINT)
UNSIGNED_INSIDE = Caller(None, "10.0.0.1", VPC_ENDPOINT)
UNSIGNED_OUTSIDE = Caller(None, "203.0.113.1", None)

ALLOW, REFUSE, SILENT = Decision.ALLOW, Decision.EXPLICIT_DENY, Decision.IMPLICIT_DENY
DECISIVE: dict[tuple[str, str], tuple[Caller, str, Decision, Decision]] = {
    ("iam", "CallersCall"): (APP_INSIDE, ASK, ALLOW, SILENT),
    # Where the policy is silent, the role's own policies in the same account may allow the call.
    ("iam", "OthersDoNot"): (OTHER_INSIDE, ASK, REFUSE, SILENT),
    ("iam-with-browsers", "CallersCall"): (APP_INSIDE, ASK, ALLOW, SILENT),
    ("iam-with-browsers", "OthersDoNot"): (OTHER_INSIDE, ASK, REFUSE, SILENT),
    ("iam-with-browsers", "BrowsersAsk"): (
        UNSIGNED_OUTSIDE,
        f"{STAGE}/OPTIONS/v1/chat/completions",
        ALLOW,
        SILENT,
    ),
    ("private", "MethodsCheckTheCaller"): (UNSIGNED_INSIDE, ASK, ALLOW, SILENT),
    ("private", "NotFromElsewhere"): (UNSIGNED_OUTSIDE, ASK, REFUSE, ALLOW),
    ("private-iam", "CallersCall"): (APP_INSIDE, ASK, ALLOW, SILENT),
    ("private-iam", "OthersDoNot"): (OTHER_INSIDE, ASK, REFUSE, SILENT),
    ("private-iam", "NotFromElsewhere"): (APP_OUTSIDE, ASK, REFUSE, ALLOW),
}
"""Mode and statement -> a call, what the policy says of it, and what it would say without the statement."""


def statements_of_mode(mode: str) -> list[Statement]:
    policy = resolved(access_policy(**MODES[mode]))
    found: list[Statement] = policy["Statement"]
    return found


def test_the_resource_policies_have_the_known_statements() -> None:
    found = [(mode, statement["Sid"]) for mode in MODES for statement in statements_of_mode(mode)]

    assert sorted(found) == sorted(DECISIVE)


@pytest.mark.parametrize(("mode", "sid"), DECISIVE)
def test_without_the_statement_the_resource_policy_decides_otherwise(mode: str, sid: str) -> None:
    caller, method, decision, without = DECISIVE[mode, sid]
    statements = statements_of_mode(mode)
    others = [statement for statement in statements if statement["Sid"] != sid]

    assert evaluate_resource_policy({"Statement": statements}, method, caller) is decision
    assert evaluate_resource_policy({"Statement": others}, method, caller) is without


@pytest.mark.parametrize("mode", MODES)
def test_a_stranger_from_elsewhere_is_never_let_in(mode: str) -> None:
    for caller in (
        Caller(INTRUDER, "203.0.113.1", None),
        Caller("arn:aws:iam::999999999999:role/app", "1.1.1.1", None),
    ):
        assert evaluate_resource_policy({"Statement": statements_of_mode(mode)}, ASK, caller) is REFUSE
