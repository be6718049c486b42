"""One rule of the review at a time, on templates of a few resources."""

from __future__ import annotations

from typing import Any

import pytest

from falconry.review.findings import Level
from falconry.review.report import Verdict, deployment
from falconry.review.resources import Action, Impact, changed_resources

from .templates import assembly, both, compared, only, resource, said

# --- what becomes of resources


def test_a_replaced_resource_reaches_others_through_text_and_through_other_stacks() -> None:
    # GIVEN a queue whose name changes, a parameter that names it in a text, and a stack that reads it by an output
    def network(name: str) -> Any:
        queue = resource("SQS::Queue", {"QueueName": name})
        url = {"Fn::Join": ["", ["https://", {"Fn::GetAtt": ["Queue", "QueueName"]}]]}
        parameter = resource("SSM::Parameter", {"Value": {"Fn::Sub": "https://${Queue}"}, "Name": "n"})
        return assembly({"Queue": queue, "Parameter": parameter}, {"Url": url}, "network")

    reading = {"Fn::GetStackOutput": {"StackName": "network", "OutputName": "Url"}}
    reader = assembly({"Topic": resource("SNS::Topic", {"TopicName": reading, "DisplayName": reading})}, name="reader")

    # WHEN they are compared
    changes = changed_resources(both(network("a"), reader), both(network("b"), reader))

    # THEN all three are touched, and the topic, whose template is the same, says where that comes from
    found = {change.logical_id: (change.action, change.through) for change in changes}
    assert found == {
        "Queue": (Action.REPLACED, None),
        "Parameter": (Action.CHANGED, None),
        "Topic": (Action.REPLACED, "network"),
    }


def test_a_create_only_property_inside_another_replaces_only_when_it_changes_itself() -> None:
    def endpoint(preference: str, record_type: str) -> dict[str, Any]:
        options = {"PrivateDnsPreference": preference, "DnsRecordIpType": record_type}
        return {"Endpoint": resource("EC2::VPCEndpoint", {"DnsOptions": options, "ServiceName": "s", "VpcId": "v"})}

    before = assembly(endpoint("ALL_DOMAINS", "ipv4"))

    (one,) = changed_resources(before, assembly(endpoint("ALL_DOMAINS", "dualstack")))
    (other,) = changed_resources(before, assembly(endpoint("VERIFIED_DOMAINS_ONLY", "ipv4")))

    assert (one.action, other.action) == (Action.CHANGED, Action.REPLACED)
    assert [change.impact for change in other.properties] == [Impact.REPLACES]


def test_metadata_and_the_order_of_creation_change_nothing_that_runs() -> None:
    before = {"Queue": resource("SQS::Queue", {}, Metadata={"aws:cdk:path": "a"}, DependsOn=["A"])}
    after = {"Queue": resource("SQS::Queue", {}, Metadata={"aws:cdk:path": "b"}, DependsOn=["B"])}

    found = compared(before, after)

    assert not found.changed
    assert found.verdict == Verdict.GOOD


def test_a_replacement_under_the_same_name_fails() -> None:
    def function(package: str, name: str) -> dict[str, Any]:
        return {"Front": resource("Lambda::Function", {"FunctionName": name, "PackageType": package})}

    found = only(compared(function("Zip", "front"), function("Image", "front")))

    assert found.level == Level.DANGER
    assert "`PackageType` needs a new AWS::Lambda::Function, and the old one still has the name `front`" in found.what
    assert compared(function("Zip", "front"), function("Image", "other")).verdict == Verdict.GOOD


# --- data


@pytest.mark.parametrize(
    ("before", "after", "level", "words"),
    [
        (resource("KMS::Key", {}), None, Level.DANGER, "nothing that it encrypted can be decrypted"),
        (resource("KMS::Key", {}, DeletionPolicy="Retain"), None, Level.ATTENTION, "stays in the account"),
        (resource("Logs::LogGroup"), None, Level.ATTENTION, "deleted with all of its content"),
        (resource("DynamoDB::Table"), None, Level.DANGER, "The table is deleted"),
        (
            resource("S3::Bucket", {"BucketName": "a"}, UpdateReplacePolicy="Retain"),
            resource("S3::Bucket", {"BucketName": "b"}, UpdateReplacePolicy="Retain"),
            Level.DANGER,
            "replaced by an empty one because `BucketName` cannot be updated in place; "
            "the old one stays in the account",
        ),
        (
            resource("S3::Bucket", {"BucketEncryption": {"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}}),
            resource("S3::Bucket"),
            Level.ATTENTION,
            "no longer encrypted with the deployment's own key",
        ),
        (
            resource("S3::Bucket"),
            resource("S3::Bucket", {"AccessControl": "PublicRead"}),
            Level.DANGER,
            "anyone may read it",
        ),
        (
            resource("Logs::LogGroup"),
            resource("Logs::LogGroup", {"RetentionInDays": 7}),
            Level.ATTENTION,
            "drops from unlimited to 7 days",
        ),
        (
            resource("Logs::LogGroup", {"KmsKeyId": "k"}),
            resource("Logs::LogGroup"),
            Level.ATTENTION,
            "New entries are no longer encrypted",
        ),
        (
            resource("KMS::Key", {"EnableKeyRotation": True}),
            resource("KMS::Key"),
            Level.ATTENTION,
            "no longer rotated",
        ),
    ],
)  # fmt: skip
def test_data_at_risk(before: dict[str, Any], after: dict[str, Any] | None, level: Level, words: str) -> None:
    found = only(compared({"Store": before}, {"Store": after} if after else {}))

    assert found.level == level
    assert words in found.what


@pytest.mark.parametrize(
    ("before", "after"),
    [({"RetentionInDays": 7}, {"RetentionInDays": 90}), ({"RetentionInDays": 7}, {}), ({}, {"KmsKeyId": "k"})],
)
def test_logs_that_are_kept_longer_are_no_news(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = compared({"Logs": resource("Logs::LogGroup", before)}, {"Logs": resource("Logs::LogGroup", after)})

    assert found.verdict == Verdict.GOOD


# --- the network


def group(*ingress: dict[str, Any], **properties: Any) -> dict[str, Any]:
    closed = [{"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp", "FromPort": 252, "ToPort": 86}]
    rules = {"SecurityGroupIngress": list(ingress), "SecurityGroupEgress": closed}
    return {"Group": resource("EC2::SecurityGroup", {**rules, **properties})}


def tcp(peer: str, first: int = 443, last: int = 443) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, "CidrIp": peer}


@pytest.mark.parametrize(
    ("before", "after", "level", "words"),
    [
        (group(), group(tcp("0.0.0.0/0")), Level.DANGER, "Open to the whole internet: TCP 443 from 0.0.0.0/0."),
        (group(), group({"IpProtocol": "-1", "CidrIpv6": "::/0"}), Level.DANGER, "everything from ::/0"),
        (group(tcp("10.0.0.0/16")), group(tcp("10.0.0.0/8")), Level.ATTENTION, "TCP 443 from 10.0.0.0/8"),
        (group(tcp("10.0.0.0/8")), group(tcp("10.0.0.0/8", 0, 443)), Level.ATTENTION, "TCP 0 to 443"),
        (group(), group(SecurityGroupEgress=[]), Level.ATTENTION, "everything to 0.0.0.0/0"),
        ({}, {"Gateway": resource("EC2::InternetGateway")}, Level.ATTENTION, "An internet gateway is added"),
        (
            {},
            {"Route": resource("EC2::Route", {"DestinationCidrBlock": "0.0.0.0/0", "RouteTableId": "r"})},
            Level.ATTENTION,
            "A route leads to the internet",
        ),
        (
            {"Net": resource("EC2::Subnet", {"VpcId": "v"})},
            {"Net": resource("EC2::Subnet", {"VpcId": "v", "MapPublicIpOnLaunch": True})},
            Level.ATTENTION,
            "get public addresses",
        ),
    ],
)
def test_openings(before: dict[str, Any], after: dict[str, Any], level: Level, words: str) -> None:
    found = only(compared(before, after))

    assert found.level == level
    assert words in found.what


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (group(tcp("10.0.0.0/8")), group(tcp("10.1.0.0/16"))),
        (group(tcp("10.0.0.0/8", 0, 65535)), group(tcp("10.0.0.0/8"))),
        (group({"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}), group(tcp("10.0.0.0/8"))),
    ],
)
def test_narrower_rules_are_no_news(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert compared(before, after).verdict == Verdict.GOOD


def test_a_rule_that_moves_out_of_its_group_is_no_news() -> None:
    rule = resource("EC2::SecurityGroupIngress", {"GroupId": {"Fn::GetAtt": ["Group", "GroupId"]}, **tcp("10.0.0.0/8")})

    assert compared(group(tcp("10.0.0.0/8")), {**group(), "Rule": rule}).verdict == Verdict.GOOD


# --- the API and its clients


def api(types: str = "REGIONAL", **resources: Any) -> dict[str, Any]:
    rest = resource("ApiGateway::RestApi", {"EndpointConfiguration": {"Types": [types]}})
    return {"Api": rest, **resources}


def method(authorization: str, key: bool = False, http: str = "POST") -> dict[str, Any]:
    properties = {
        "HttpMethod": http,
        "AuthorizationType": authorization,
        "ApiKeyRequired": key,
        "ResourceId": {"Ref": "R"},
    }
    return resource("ApiGateway::Method", properties)


WEB_ACL = resource("WAFv2::WebACLAssociation", {"ResourceArn": "a", "WebACLArn": "b"})


def limited(limit: int) -> dict[str, Any]:
    rule = {"Name": "Rate", "Action": {"Block": {}}, "Statement": {"RateBasedStatement": {"Limit": limit}}}
    return resource("WAFv2::WebACL", {"Rules": [rule]})


@pytest.mark.parametrize(
    ("before", "after", "level", "words"),
    [
        (api(), api(M=method("NONE")), Level.DANGER, "Authorization is turned off: anyone"),
        (api(M=method("CUSTOM", True)), api(M=method("CUSTOM")), Level.DANGER, "instead of API keys"),
        (api(), api("PRIVATE"), Level.DANGER, "The API becomes private"),
        (api("PRIVATE", W=WEB_ACL), api("PRIVATE"), Level.ATTENTION, "AWS WAF is turned off"),
        (api(W=limited(500)), api(W=limited(2000)), Level.ATTENTION, "2,000 requests, up from 500"),
        (
            api(W=limited(500)),
            api(W=resource("WAFv2::WebACL", {"Rules": []})),
            Level.ATTENTION,
            "The web ACL's rule `Rate` is removed",
        ),
        (
            api(K=resource("ApiGateway::ApiKey", {"Name": "app"})),
            api(K=resource("ApiGateway::ApiKey", {"Name": "app", "Enabled": False})),
            Level.ATTENTION,
            "The client's key is disabled",
        ),
        (
            api(P=resource("ApiGateway::UsagePlan", {"Quota": {"Limit": 9000, "Period": "MONTH"}})),
            api(P=resource("ApiGateway::UsagePlan", {"Quota": {"Limit": 800, "Period": "MONTH"}})),
            Level.ATTENTION,
            "Lower limits: 800 requests per month (was 9,000).",
        ),
        (
            api(P=resource("ApiGateway::UsagePlan", {})),
            api(P=resource("ApiGateway::UsagePlan", {"Throttle": {"RateLimit": 2.5}})),
            Level.ATTENTION,
            "Lower limits: 2.5 requests per second (was unlimited).",
        ),
    ],
)
def test_the_api(before: dict[str, Any], after: dict[str, Any], level: Level, words: str) -> None:
    found = only(compared(before, after))

    assert found.level == level
    assert words in found.what


def test_a_browsers_question_needs_no_credentials() -> None:
    assert compared(api(), api(M=method("NONE", http="OPTIONS"))).verdict == Verdict.GOOD


def test_a_signed_api_that_everybody_may_sign_for() -> None:
    def signed(principal: Any) -> dict[str, Any]:
        call = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Principal": principal}
        found = api(M=method("AWS_IAM"))
        found["Api"]["Properties"]["Policy"] = {"Statement": [call]}
        return found

    found = compared(signed({"AWS": "arn:aws:iam::1:root"}), signed("*"))

    assert said(found, Level.DANGER) == ["Every identity in every AWS account may call `execute-api:/*`."]


# --- the deploy


def test_a_stack_in_another_region_is_a_second_one() -> None:
    here, there = assembly({}), assembly({})
    moved = {"one": type(there.stacks["one"])("one", "eu-west-1", {}, {}, {}, True)}

    found = only(deployment("", here, type(there)(moved)))

    assert found.level == Level.DANGER
    assert "moves from us-east-1 to eu-west-1" in found.what
