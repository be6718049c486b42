"""The audit log: the front alone writes it, one role alone reads it, and without the setting nothing of it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Deployment, Template, config_file
from .matrix import MATRIX
from .policies import ACCOUNT, Request, allows, listed, resolved
from .test_api_privilege import NEEDED, check, statements

BUCKET = f"arn:aws:s3:::falconry-operations-{ACCOUNT}-us-east-1-audit"
RECORD = f"{BUCKET}/2026/11/25/14/id.json.gz"
OURS = {"aws:PrincipalAccount": ACCOUNT}


@pytest.fixture(scope="module")
def audited(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    return synthesize(config_file(tmp_path_factory.mktemp("config"), MATRIX["operations"].first, "operations"))


@pytest.fixture(scope="module")
def kept(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """An audit log of a deployment that keeps its data."""
    text = MATRIX["operations"].first.replace("retain_data: false\n", "")
    return synthesize(config_file(tmp_path_factory.mktemp("config"), text, "operations"))


def logical_id(template: Template, resource_type: str, part: str) -> str:
    (found,) = (
        str(name)
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == resource_type and name.startswith(part)
    )
    return found


def properties(template: Template, resource_type: str, part: str) -> Any:
    return resolved(template.body["Resources"][logical_id(template, resource_type, part)]["Properties"])


def refusals(policy: Any) -> dict[str, tuple[set[str], Any]]:
    """Sid -> actions and condition of what a policy denies to everybody but one."""
    return {
        statement["Sid"]: (set(listed(statement["Action"])), statement["Condition"])
        for statement in policy["Statement"]
        if statement["Effect"] == "Deny" and "ArnNotEquals" in statement.get("Condition", {})
    }


def test_the_front_puts_records_and_can_do_nothing_else_with_them(audited: Deployment) -> None:
    needed = NEEDED["chat"] | {"PutAuditRecords": {"s3:PutObject"}, "SealAuditRecords": {"kms:GenerateDataKey"}}
    found = statements(dict(audited.api.body), "chat")
    key = logical_id(audited.api, "AWS::KMS::Key", "AuditLog")

    check(found, needed)
    allowed = resolved(found)
    assert allows(allowed, Request("s3:PutObject", RECORD))
    assert allows(allowed, Request("kms:GenerateDataKey", f"{key}.Arn"))
    assert not allows(allowed, Request("kms:Decrypt", f"{key}.Arn"))
    assert not allows(allowed, Request("s3:PutObject", RECORD.replace("-audit/", "/")))


def test_nobody_else_writes_and_one_role_alone_reads(audited: Deployment) -> None:
    front = f"{logical_id(audited.api, 'AWS::IAM::Role', 'ChatIdentityRole')}.Arn"
    reader = f"{logical_id(audited.api, 'AWS::IAM::Role', 'AuditLogReader')}.Arn"

    bucket = refusals(properties(audited.api, "AWS::S3::BucketPolicy", "AuditLogBucket")["PolicyDocument"])
    key = refusals(properties(audited.api, "AWS::KMS::Key", "AuditLog")["KeyPolicy"])

    def but_for(role: str) -> Any:
        return {"ArnNotEquals": {"aws:PrincipalArn": role}}

    assert bucket == {
        "WrittenByTheFrontAlone": ({"s3:PutObject*"}, but_for(front)),
        "ReadByOneRoleAlone": ({"s3:GetObject*"}, but_for(reader)),
    }
    assert key == {
        "OpenedByOneRoleAlone": ({"kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"}, but_for(reader)),
    }


def test_the_reader_reads_and_no_more_and_is_whom_the_settings_name(audited: Deployment) -> None:
    policy = properties(audited.api, "AWS::IAM::Policy", "AuditLog")["PolicyDocument"]["Statement"]
    role = properties(audited.api, "AWS::IAM::Role", "AuditLogReader")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    actions = {action for statement in policy for action in listed(statement["Action"])}

    assert allows(policy, Request("s3:GetObject", RECORD))
    assert actions == {
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "kms:Decrypt",
    }
    assert trust["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/auditor"}


def test_records_leave_the_vpc_by_the_s3_endpoint_and_for_this_bucket_only(audited: Deployment) -> None:
    (endpoint,) = (
        one["Properties"]
        for one in audited.network.resources("AWS::EC2::VPCEndpoint")
        if one["Properties"]["VpcEndpointType"] == "Gateway"
    )
    policy = resolved(endpoint["PolicyDocument"]["Statement"])

    assert allows(policy, Request("s3:PutObject", RECORD, OURS))
    assert not allows(policy, Request("s3:PutObject", RECORD, {"aws:PrincipalAccount": "999999999999"}))
    assert not allows(policy, Request("s3:PutObject", RECORD.replace("-audit/", "/"), OURS))
    assert not allows(policy, Request("s3:GetObject", RECORD, OURS))
    (front,) = (
        group["Properties"]
        for group in audited.network.resources("AWS::EC2::SecurityGroup")
        if "Front" in group["Properties"]["GroupDescription"]
    )
    (rule,) = front["SecurityGroupEgress"]
    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (443, 443, "tcp")
    assert audited.network.resources("AWS::EC2::Route") == []


def test_records_are_sealed_kept_as_long_as_asked_and_their_readers_logged(kept: Deployment) -> None:
    bucket = properties(kept.api, "AWS::S3::Bucket", "AuditLogBucket")
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    key = logical_id(kept.api, "AWS::KMS::Key", "AuditLog")

    assert encryption["ServerSideEncryptionByDefault"] == {"KMSMasterKeyID": f"{key}.Arn", "SSEAlgorithm": "aws:kms"}
    assert rule["ExpirationInDays"] == 30
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LoggingConfiguration"]["DestinationBucketName"] == logical_id(
        kept.api, "AWS::S3::Bucket", "AuditLogAccessLogs"
    )
    for resource_type in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"):
        policies = {
            resource["DeletionPolicy"]
            for name, resource in kept.api.body["Resources"].items()
            if resource["Type"] == resource_type and name.startswith("AuditLog")
        }
        assert policies == {"Retain"}, resource_type


def test_the_bucket_takes_tls_connections_only(audited: Deployment) -> None:
    policy = properties(audited.api, "AWS::S3::BucketPolicy", "AuditLogBucket")["PolicyDocument"]

    assert any(
        statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["Statement"]
    )


def test_without_the_setting_there_is_none(falcon_180b: Deployment) -> None:
    (front,) = (
        one["Properties"]
        for one in falcon_180b.api.resources("AWS::Lambda::Function")
        if one["Properties"]["FunctionName"].endswith("-chat")
    )

    assert falcon_180b.api.resources("AWS::S3::Bucket") == []
    assert not [name for name in front["Environment"]["Variables"] if "AUDIT" in name]
    check(statements(dict(falcon_180b.api.body), "chat"), NEEDED["chat"])
