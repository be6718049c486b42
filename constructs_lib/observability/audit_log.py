"""A bucket for records of requests that only the gateway function writes and only one role reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.access_log_bucket import AccessLogBucket
from constructs_lib.acknowledgement import NIST, acknowledge, acknowledge_wildcard


class AuditLog(Construct):
    """A versioned, private bucket with a key of its own, its access log, and the role that reads it.

    Bucket and key refuse everybody else, whatever their own policies say: reading asks for the role, writing for the
    front's. Who may change the bucket's policy could lift that, as the account's administrators can; the access log
    and CloudTrail then tell.

    Args:
        bucket_name: its name, known to the network's stack, whose S3 endpoint lets records through.
        key_alias: the key's alias without "alias/".
        retention_days: how long a record is kept.
        readers: ARNs of those who may assume the reader's role. Default: whoever the account's own policies allow.
        removal_policy: what happens to bucket and key when they leave the stack. Default: they are kept.

    Attributes:
        bucket_name: the bucket's name.
        objects: the ARN of all records, with a wildcard.
        reader: the only role that can read the records.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: str,
        key_alias: str,
        retention_days: int,
        readers: Sequence[str] = (),
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket_name = bucket_name
        self.objects = f"arn:{Aws.PARTITION}:s3:::{bucket_name}/*"
        self._key = kms.Key(self, "Key", alias=key_alias, enable_key_rotation=True, removal_policy=removal_policy)
        access_logs = AccessLogBucket(
            self,
            "AccessLogs",
            source_bucket_name=bucket_name,
            retention_days=retention_days,
            removal_policy=removal_policy,
        )
        self._bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            # A data key for each object: a key of the bucket's would have S3 decrypt it on the front's behalf.
            bucket_key_enabled=False,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(retention_days), noncurrent_version_expiration=Duration.days(30)
                )
            ],
            removal_policy=removal_policy,
        )
        # Not by the property of s3.Bucket: constructs_lib/model/artifact_bucket.py says why.
        resource = cast(s3.CfnBucket, self._bucket.node.default_child)
        resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=access_logs.bucket.bucket_name, log_file_prefix="audit/"
        )
        if access_logs.bucket.policy:
            self._bucket.node.add_dependency(access_logs.bucket.policy)
        acknowledge(
            self._bucket,
            "S3BucketReplicationEnabled",
            "Records may contain prompts, which must not leave the region; add a replica if you need a second copy.",
            NIST,
        )
        self.reader = self._reader(readers)
        if self._bucket.policy:
            self._bucket.policy.apply_removal_policy(removal_policy)

    def write_statements(self) -> list[iam.PolicyStatement]:
        """Statements for the writer's role: it can put records and do nothing else with them."""
        return [
            iam.PolicyStatement(sid="PutAuditRecords", actions=["s3:PutObject"], resources=[self.objects]),
            iam.PolicyStatement(sid="SealAuditRecords", actions=["kms:GenerateDataKey"], resources=[self._key.key_arn]),
        ]

    def grant_write(self, writer: iam.IRole) -> None:
        """Let only `writer`, which has `write_statements`, put records."""
        self._refuse("WrittenByTheFrontAlone", ["s3:PutObject*"], writer)

    def _reader(self, readers: Sequence[str]) -> iam.Role:
        trusted = [iam.ArnPrincipal(arn) for arn in readers]
        role = iam.Role(
            self,
            "Reader",
            description="Reads the audit log; nobody else can",
            assumed_by=iam.CompositePrincipal(*trusted) if trusted else iam.AccountRootPrincipal(),
        )
        # In a policy of its own: the key's policy names the role, and this names the key.
        policy = iam.Policy(
            self,
            "ReadRecords",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["s3:GetObject", "s3:GetObjectVersion"], resources=[self.objects]),
                iam.PolicyStatement(
                    actions=["s3:ListBucket", "s3:ListBucketVersions"], resources=[self._bucket.bucket_arn]
                ),
                iam.PolicyStatement(actions=["kms:Decrypt"], resources=[self._key.key_arn]),
            ],
        )
        acknowledge(policy, "IAMNoInlinePolicy", "It belongs to one role and is deleted with it.", NIST)
        acknowledge_wildcard(policy, self.objects, "An auditor reads every record.")
        self._refuse("ReadByOneRoleAlone", ["s3:GetObject*"], role)
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="OpenedByOneRoleAlone",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"],
                resources=["*"],  # in a key's policy "*" is the key itself
                conditions={"ArnNotEquals": {"aws:PrincipalArn": role.role_arn}},
            )
        )
        return role

    def _refuse(self, sid: str, actions: Sequence[str], except_for: iam.IRole) -> None:
        self._bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=list(actions),
                resources=[self.objects],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": except_for.role_arn}},
            )
        )
