"""Nothing in the VPC can reach the internet, and its endpoints let through this deployment's traffic only."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from falconry import settings
from stacks.deployment import add_deployment

from .conftest import Deployment, Template, config_file, new_app
from .policies import ACCOUNT, Request, allows, listed, resolved, statements_of

Synthesize = Callable[[Path], Deployment]

SMALL = "region: us-east-1\nmodels:\n  - name: falcon-7b-instruct\n"
EXISTING = f"""{SMALL}network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    route_table_ids: [rtb-0123456789abcdef0]
"""
WITH_ENDPOINTS = EXISTING.replace("    route_table_ids: [rtb-0123456789abcdef0]\n", "    create_endpoints: false\n")


@pytest.fixture(scope="module")
def existing_vpc(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return synthesize(config_file(tmp_path_factory.mktemp("config"), EXISTING, "existing"))


@pytest.fixture(scope="module")
def existing_endpoints(synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return synthesize(config_file(tmp_path_factory.mktemp("config"), WITH_ENDPOINTS, "endpoints"))


def test_there_is_no_way_to_the_internet(falcon_180b: Deployment) -> None:
    network = falcon_180b.network

    assert network.resources("AWS::EC2::InternetGateway") == []
    assert network.resources("AWS::EC2::NatGateway") == []
    assert network.resources("AWS::EC2::Route") == []
    assert not any(subnet["Properties"]["MapPublicIpOnLaunch"] for subnet in network.resources("AWS::EC2::Subnet"))


def test_subnets_lie_in_different_zones(falcon_180b: Deployment) -> None:
    assert len(_zones(falcon_180b.network)) == len(set(_zones(falcon_180b.network))) == 2


@pytest.mark.parametrize(
    ("network", "number", "named"),
    [("{zones: 3}", 3, []), ("{zone_names: [us-east-1a, us-east-1d]}", 2, ["us-east-1a", "us-east-1d"])],
)
def test_zones_are_those_of_the_settings(
    synthesize: Synthesize, tmp_path: Path, network: str, number: int, named: list[str]
) -> None:
    deployment = synthesize(config_file(tmp_path, f"{SMALL}network: {network}\naccount: '{ACCOUNT}'\n", "zones"))
    zones = [zone.replace('{"Ref": "AWS::Region"}', "us-east-1") for zone in _zones(deployment.network)]

    assert len(set(zones)) == number
    assert not named or [json.loads(zone)["Fn::Join"] for zone in _zones(deployment.network)] == [
        ["", [{"Ref": "AWS::Region"}, name.removeprefix("us-east-1")]] for name in named
    ]


@pytest.mark.parametrize("network", ["{zones: 3}", "{zone_names: [us-east-1a, us-east-1d]}"])
def test_an_account_is_asked_for_nothing_at_synth(tmp_path: Path, network: str) -> None:
    app = new_app(tmp_path / "cdk.out")
    text = f"{SMALL}network: {network}\naccount: '{ACCOUNT}'\n"
    add_deployment(app, settings.load(config_file(tmp_path, text, "account")))

    manifest = Path(app.synth().directory, "manifest.json").read_text(encoding="utf-8")
    assert "missing" not in json.loads(manifest)


def test_the_s3_endpoint_lets_through_reads_of_two_buckets(falcon_180b: Deployment) -> None:
    own = f"arn:aws:s3:::falconry-falcon-180b-{ACCOUNT}-us-east-1"
    jumpstart = "arn:aws:s3:::jumpstart-cache-prod-us-east-1"
    policy = _endpoint_policy(falcon_180b.network, "Gateway")

    for bucket in (own, jumpstart):
        assert allows(policy, Request("s3:GetObject", f"{bucket}/models/a"))
        assert allows(policy, Request("s3:ListBucket", bucket))
        assert not allows(policy, Request("s3:PutObject", f"{bucket}/models/a"))
    assert not allows(policy, Request("s3:GetObject", "arn:aws:s3:::payroll/a"))
    assert not allows(policy, Request("s3:GetObject", f"{own}-logs/a"))


def test_the_runtime_endpoint_lets_through_calls_of_the_deployed_endpoints(falcon_180b: Deployment) -> None:
    endpoints = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint"
    served = f"{endpoints}/falconry-falcon-180b-falcon-180b-chat"
    policy = _endpoint_policy(falcon_180b.network, "Interface")
    ours = {"aws:PrincipalAccount": ACCOUNT}

    assert allows(policy, Request("sagemaker:InvokeEndpoint", served, ours))
    assert not allows(policy, Request("sagemaker:InvokeEndpoint", served, {"aws:PrincipalAccount": "999999999999"}))
    assert not allows(policy, Request("sagemaker:InvokeEndpoint", f"{endpoints}/payroll", ours))
    assert not allows(policy, Request("sagemaker:DeleteEndpoint", served, ours))


@pytest.mark.parametrize("which", ["falcon_180b", "existing_vpc", "existing_endpoints"])
def test_no_security_group_lets_the_world_in(which: str, request: pytest.FixtureRequest) -> None:
    network: Template = request.getfixturevalue(which).network
    groups = network.resources("AWS::EC2::SecurityGroup")
    rules = network.resources("AWS::EC2::SecurityGroupIngress")

    assert groups
    assert not [group for group in groups if "SecurityGroupIngress" in group["Properties"]]
    assert all("SourceSecurityGroupId" in rule["Properties"] for rule in rules)


def test_the_front_can_open_connections_to_the_runtime_endpoint_only(falcon_180b: Deployment) -> None:
    network = falcon_180b.network
    (rule,) = network.resources("AWS::EC2::SecurityGroupEgress")
    (front,) = (
        g for g in network.resources("AWS::EC2::SecurityGroup") if "Front" in g["Properties"]["GroupDescription"]
    )

    assert "DestinationSecurityGroupId" in rule["Properties"]
    assert "SecurityGroupEgress" not in front["Properties"]


def test_flow_logs_record_everything_in_an_encrypted_group(falcon_180b: Deployment) -> None:
    network = falcon_180b.network
    (vpc,) = (name for name, r in network.body["Resources"].items() if r["Type"] == "AWS::EC2::VPC")
    flow_log = network.only("AWS::EC2::FlowLog")
    group = network.only("AWS::Logs::LogGroup")

    assert flow_log["ResourceId"] == {"Ref": vpc}
    assert flow_log["TrafficType"] == "ALL"
    assert group["RetentionInDays"] == 90
    assert "KmsKeyId" in group


def test_the_logs_service_may_use_the_key_in_every_partition(falcon_180b: Deployment) -> None:
    statements = falcon_180b.network.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (service,) = (s["Principal"]["Service"] for s in statements if s.get("Sid") == "CloudWatchLogs")

    assert service == {"Fn::Join": ["", ["logs.us-east-1.", {"Ref": "AWS::URLSuffix"}]]}


def test_the_role_of_the_flow_logs_writes_their_group_only(falcon_180b: Deployment) -> None:
    network = falcon_180b.network
    (group,) = (name for name, r in network.body["Resources"].items() if r["Type"] == "AWS::Logs::LogGroup")
    (statement,) = statements_of(network.only("AWS::IAM::Role"))
    (trust,) = resolved(network.only("AWS::IAM::Role")["AssumeRolePolicyDocument"])["Statement"]

    assert listed(statement["Resource"]) == [f"{group}.Arn"]
    assert set(statement["Action"]) == {"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"}
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_an_existing_vpc_is_taken_as_it_is(existing_vpc: Deployment) -> None:
    network = existing_vpc.network
    made = {resource["Type"] for resource in network.body["Resources"].values()}
    groups = network.resources("AWS::EC2::SecurityGroup")
    model = existing_vpc.models.only("AWS::SageMaker::Model")
    front = [
        f["Properties"] for f in existing_vpc.api.resources("AWS::Lambda::Function") if "VpcConfig" in f["Properties"]
    ]

    assert not made & {"AWS::EC2::VPC", "AWS::EC2::Subnet", "AWS::EC2::RouteTable", "AWS::EC2::FlowLog"}
    assert {group["Properties"]["VpcId"] for group in groups} == {"vpc-0123456789abcdef0"}
    for config in (model["VpcConfig"]["Subnets"], front[0]["VpcConfig"]["SubnetIds"]):
        assert config == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def test_endpoints_are_put_into_an_existing_vpc(existing_vpc: Deployment) -> None:
    endpoints = {e["Properties"]["VpcEndpointType"]: e["Properties"] for e in _endpoints(existing_vpc.network)}

    assert endpoints["Gateway"]["RouteTableIds"] == ["rtb-0123456789abcdef0"]
    assert endpoints["Interface"]["SubnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
    assert endpoints["Interface"]["PrivateDnsEnabled"] is True


def test_a_vpc_with_endpoints_gets_none(existing_endpoints: Deployment) -> None:
    network = existing_endpoints.network
    (front,) = (
        g for g in network.resources("AWS::EC2::SecurityGroup") if "Front" in g["Properties"]["GroupDescription"]
    )
    reachable = [rule["CidrIp"] for rule in front["Properties"]["SecurityGroupEgress"]]

    assert _endpoints(network) == []
    assert "0.0.0.0/0" not in reachable
    assert "10.0.0.0/8" in reachable
    # Whoever keeps the endpoint has to let this group in.
    assert "/falconry/endpoints/network/front-security-group-id" in [
        parameter["Properties"]["Name"] for parameter in network.resources("AWS::SSM::Parameter")
    ]


def test_the_artifact_bucket_is_private_encrypted_logged_and_kept(falcon_180b: Deployment) -> None:
    artifacts, logs = _buckets(falcon_180b.network)
    encryption = artifacts["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]

    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert resolved(artifacts["Properties"]["LoggingConfiguration"]["DestinationBucketName"]) in _logical_id(
        falcon_180b.network, logs
    )
    for bucket in (artifacts, logs):
        assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["DeletionPolicy"] == "Retain"


def test_s3_can_deliver_its_logs_and_they_expire(falcon_180b: Deployment) -> None:
    artifacts, logs = _buckets(falcon_180b.network)
    encryption = logs["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    policies = [p["Properties"] for p in falcon_180b.network.resources("AWS::S3::BucketPolicy")]
    allowed = [s for p in policies for s in p["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]

    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert logs["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90
    assert [s["Principal"] for s in allowed] == [{"Service": "logging.s3.amazonaws.com"}]
    assert allowed[0]["Action"] == "s3:PutObject"
    # S3 refuses to log to a bucket without that policy.
    assert any(name.startswith("AccessLogsBucketPolicy") for name in artifacts["DependsOn"])
    assert resolved(allowed[0]["Condition"]) == {
        "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::falconry-falcon-180b-{ACCOUNT}-us-east-1"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }


def test_buckets_refuse_connections_without_tls(falcon_180b: Deployment) -> None:
    policies = [p["Properties"] for p in falcon_180b.network.resources("AWS::S3::BucketPolicy")]

    assert len(policies) == 2
    for policy in policies:
        denied = [s["Condition"] for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_bucket_names_fit_with_the_longest_settings(synthesize: Synthesize, tmp_path: Path) -> None:
    text = SMALL.replace("us-east-1", "ap-southeast-1") + f"account: '{ACCOUNT}'\n"
    network = synthesize(config_file(tmp_path, text, "a-name-of-20-letters")).network

    assert all(len(bucket["Properties"]["BucketName"]) <= 63 for bucket in network.resources("AWS::S3::Bucket"))


def test_nothing_is_kept_where_the_settings_say_so(synthesize: Synthesize, tmp_path: Path) -> None:
    deployment = synthesize(config_file(tmp_path, f"{SMALL}retain_data: false\n", "gone"))

    for template in (deployment.network, deployment.models):
        kept = [r["Type"] for r in template.body["Resources"].values() if r.get("DeletionPolicy") == "Retain"]
        assert kept == []
    # S3 would write logs into the bucket while it is deleted, which is refused for a bucket with anything in it.
    assert len(deployment.network.resources("AWS::S3::Bucket")) == 1


def test_tags_are_on_every_resource_that_takes_some(synthesize: Synthesize, tmp_path: Path) -> None:
    deployment = synthesize(config_file(tmp_path, f"{SMALL}tags: {{cost-centre: '4711'}}\n", "tagged"))
    expected = [{"Key": "cost-centre", "Value": "4711"}, {"Key": "falconry:deployment", "Value": "tagged"}]

    for resource_type in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::EC2::VPC"):
        for resource in deployment.network.resources(resource_type):
            assert [tag for tag in resource["Properties"]["Tags"] if tag["Key"] != "Name"] == expected
    assert deployment.models.only("AWS::SageMaker::Endpoint")["Tags"] == expected


def _zones(network: Template) -> list[str]:
    return [json.dumps(s["Properties"]["AvailabilityZone"]) for s in network.resources("AWS::EC2::Subnet")]


def _endpoints(network: Template) -> list[Any]:
    return list(network.resources("AWS::EC2::VPCEndpoint"))


def _endpoint_policy(network: Template, endpoint_type: str) -> list[Any]:
    (endpoint,) = (e for e in _endpoints(network) if e["Properties"]["VpcEndpointType"] == endpoint_type)
    statements: list[Any] = resolved(endpoint["Properties"]["PolicyDocument"])["Statement"]
    return statements


def _buckets(network: Template) -> tuple[Any, Any]:
    """The artifacts' bucket and that of its access logs."""
    logs, artifacts = sorted(
        network.resources("AWS::S3::Bucket"), key=lambda b: "LoggingConfiguration" in b["Properties"]
    )
    return artifacts, logs


def _logical_id(network: Template, wanted: Any) -> list[str]:
    return [name for name, resource in network.body["Resources"].items() if resource is wanted]
