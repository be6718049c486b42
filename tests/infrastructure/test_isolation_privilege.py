"""The execution role allows each call that SageMaker makes to serve a model, by one statement, and no other call.

Taking a statement out, or one action out of it, or adding one that nobody needs, fails here by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Deployment, config_file
from .policies import ACCOUNT, Request, Statement, allows, listed, resolved, statements_of

BUCKET = f"falconry-own-{ACCOUNT}-us-east-1"
WEIGHTS = "models/falcon-7b-instruct/"
REPOSITORY = "arn:aws:ecr:us-east-1:763104351884:repository/huggingface-pytorch-tgi-inference"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/falconry-own-falcon-7b-instruct"
STREAM = f"{LOGS}:log-stream:AllTraffic/i-0123456789abcdef0"
EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
INTERFACE = f"{EC2}:network-interface/eni-0123456789abcdef0"

CONFIG = """\
region: us-east-1
models:
  - name: falcon-7b-instruct
    model_data: artifact_bucket
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    create_endpoints: false
"""
SUBNET = f"{EC2}:subnet/subnet-0123456789abcdef1"
IN_SUBNET = {"ec2:Subnet": SUBNET}

NEEDED: dict[str, tuple[str, tuple[Request, ...]]] = {
    "GetWeights": (
        "SageMaker copies the weights to the instance",
        (Request("s3:GetObject", f"arn:aws:s3:::{BUCKET}/{WEIGHTS}model-00001-of-00002.safetensors"),),
    ),
    "ListWeights": (
        "SageMaker finds the files below the prefix",
        (Request("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", {"s3:prefix": WEIGHTS}),),
    ),
    "DecryptWeights": (
        "the files are encrypted by the deployment's key",
        (Request("kms:Decrypt", "THE-KEY"),),
    ),
    "PullImage": (
        "SageMaker pulls the container's image",
        (
            Request("ecr:BatchCheckLayerAvailability", REPOSITORY),
            Request("ecr:BatchGetImage", REPOSITORY),
            Request("ecr:GetDownloadUrlForLayer", REPOSITORY),
        ),
    ),
    "LogInToRegistry": ("a pull begins with a token", (Request("ecr:GetAuthorizationToken", "*"),)),
    "WriteLogs": (
        "what the container prints is all there is to see of it",
        (
            Request("logs:CreateLogGroup", LOGS),
            Request("logs:CreateLogStream", STREAM),
            Request("logs:DescribeLogStreams", LOGS),
            Request("logs:PutLogEvents", STREAM),
        ),
    ),
    "PutMetrics": (
        "GPU and disk metrics of the endpoint",
        tuple(
            Request("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace})
            for namespace in ("AWS/SageMaker", "/aws/sagemaker/Endpoints")
        ),
    ),
    "MakeInterfaces": (
        "the instances join the VPC; EC2 asks for interface, subnet and group",
        (
            Request("ec2:CreateNetworkInterface", INTERFACE),
            Request("ec2:CreateNetworkInterface", SUBNET),
            Request("ec2:CreateNetworkInterface", f"{EC2}:security-group/THE-GROUP"),
        ),
    ),
    "HandOverInterfaces": (
        "an interface is lent to SageMaker's account, and deleted with the endpoint",
        (
            Request("ec2:CreateNetworkInterfacePermission", INTERFACE, IN_SUBNET),
            Request("ec2:DeleteNetworkInterface", INTERFACE, IN_SUBNET),
        ),
    ),
    "TakeBackInterfaces": ("the loan ends", (Request("ec2:DeleteNetworkInterfacePermission", "*"),)),
    "LookAtNetwork": (
        "CreateModel checks subnets and groups before it takes them",
        tuple(
            Request(f"ec2:Describe{what}", "*")
            for what in ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
        ),
    ),
}
"""Statement -> why it is there, and the calls that need it."""

REFUSED = {
    "another model's weights": Request("s3:GetObject", f"arn:aws:s3:::{BUCKET}/models/falcon-40b/config.json"),
    "weights of a similar name": Request("s3:GetObject", f"arn:aws:s3:::{BUCKET}/models/falcon-7b-instruct-2/a"),
    "another bucket": Request("s3:GetObject", f"arn:aws:s3:::payroll/{WEIGHTS}a"),
    "a whole bucket's list": Request("s3:ListBucket", f"arn:aws:s3:::{BUCKET}", {"s3:prefix": ""}),
    "a list without a prefix": Request("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"),
    "changed weights": Request("s3:PutObject", f"arn:aws:s3:::{BUCKET}/{WEIGHTS}config.json"),
    "another key": Request("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/other"),
    "encryption": Request("kms:GenerateDataKey", "THE-KEY"),
    "another image": Request("ecr:BatchGetImage", f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/app"),
    "another endpoint's logs": Request("logs:PutLogEvents", LOGS.replace("7b", "40b") + ":log-stream:a"),
    "logs read": Request("logs:GetLogEvents", STREAM),
    "another service's metrics": Request("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "Billing"}),
    "an interface in another subnet": Request("ec2:CreateNetworkInterface", f"{EC2}:subnet/subnet-0other"),
    "an interface in another group": Request("ec2:CreateNetworkInterface", f"{EC2}:security-group/sg-0other"),
    "another subnet's interface": Request(
        "ec2:DeleteNetworkInterface", INTERFACE, {"ec2:Subnet": f"{EC2}:subnet/subnet-0other"}
    ),
    "a call of an endpoint": Request("sagemaker:InvokeEndpoint", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/a"),
    "another role": Request("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/admin"),
}


@pytest.fixture(scope="module")
def deployment(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Every statement a role can have: own weights, and subnets that another account may own."""
    return synthesize(config_file(tmp_path_factory.mktemp("config"), CONFIG, "own"))


@pytest.fixture(scope="module")
def statements(deployment: Deployment) -> list[Statement]:
    """The role's statements; what another stack makes is called THE-KEY and THE-GROUP."""
    (key,) = (name for name in deployment.network.body["Outputs"] if "EncryptionKey" in name)
    (group,) = (name for name in deployment.network.body["Outputs"] if "ModelSecurityGroup" in name)
    found = statements_of(deployment.models.only("AWS::IAM::Role"))
    return [
        {
            **statement,
            "Resource": [r.replace(key, "THE-KEY").replace(group, "THE-GROUP") for r in listed(statement["Resource"])],
        }
        for statement in found
    ]


def test_each_statement_has_a_reason_and_each_reason_a_statement(statements: list[Statement]) -> None:
    assert sorted(statement["Sid"] for statement in statements) == sorted(NEEDED)


@pytest.mark.parametrize("sid", NEEDED)
def test_each_action_is_needed_by_a_call(statements: list[Statement], sid: str) -> None:
    (statement,) = (statement for statement in statements if statement["Sid"] == sid)

    assert set(listed(statement["Action"])) == {request.action for request in NEEDED[sid][1]}
    assert "*" not in "".join(listed(statement["Action"]))


@pytest.mark.parametrize("sid", NEEDED)
def test_without_the_statement_a_call_is_refused(statements: list[Statement], sid: str) -> None:
    why, requests = NEEDED[sid]
    others = [statement for statement in statements if statement["Sid"] != sid]

    for request in requests:
        assert allows(statements, request), f"{sid}: {why}; the role does not allow {request}"
        assert not allows(others, request), f"{sid} does nothing: another statement allows {request} too"


@pytest.mark.parametrize("what", REFUSED)
def test_it_allows_nothing_else(statements: list[Statement], what: str) -> None:
    assert not allows(statements, REFUSED[what])


def test_a_wildcard_stands_only_where_the_api_takes_no_resource(statements: list[Statement]) -> None:
    everywhere = {statement["Sid"] for statement in statements if "*" in listed(statement["Resource"])}

    assert everywhere == {"LogInToRegistry", "PutMetrics", "TakeBackInterfaces", "LookAtNetwork"}


def test_only_sagemaker_for_this_account_takes_the_role_on(deployment: Deployment) -> None:
    (trust,) = resolved(deployment.models.only("AWS::IAM::Role")["AssumeRolePolicyDocument"])["Statement"]

    assert trust["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_the_role_is_whole_before_the_model_is_created(six_models: Deployment) -> None:
    # A policy of its own could come after the model, which SageMaker would refuse.
    assert six_models.models.resources("AWS::IAM::Policy") == []
    for role in six_models.models.resources("AWS::IAM::Role"):
        assert "ManagedPolicyArns" not in role["Properties"]
        assert {policy["PolicyName"] for policy in role["Properties"]["Policies"]} == {
            "ReadArtifacts",
            "PullImage",
            "WriteLogs",
            "JoinNetwork",
        }


def test_no_role_reads_what_another_serves(six_models: Deployment) -> None:
    roles = [statements_of(role["Properties"]) for role in six_models.models.resources("AWS::IAM::Role")]
    read = [
        arn
        for role in roles
        for statement in role
        if statement["Sid"] == "GetWeights"
        for arn in listed(statement["Resource"])
    ]

    assert len(roles) == 6
    for arn in read:
        reader = [role for role in roles if allows(role, Request("s3:GetObject", arn.replace("*", "config.json")))]
        assert len(reader) == 1
