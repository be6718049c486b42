"""The S3 bucket that S3 writes another bucket's access logs to."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge


class AccessLogBucket(Construct):
    """A private bucket that accepts TLS connections only and forgets what is in it after a while.

    Args:
        bucket_name: its name. Default: CloudFormation's choice.
        source_bucket_name: the bucket that the logs are about. By its name: that bucket is made after this one and
            its policy, without which S3 refuses to write logs here.
        retention_days: how long a log is kept.
        removal_policy: what happens to the bucket when it leaves the stack. Default: it is kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        source_bucket_name: str,
        retention_days: int,
        bucket_name: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(retention_days), noncurrent_version_expiration=Duration.days(30)
                ),
            ],
            removal_policy=removal_policy,
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DeliverAccessLogs",
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects("*")],
                conditions={
                    "ArnLike": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{source_bucket_name}"},
                    "StringEquals": {"aws:SourceAccount": Stack.of(self).account},
                },
            )
        )
        if self.bucket.policy:
            # A bucket that outlives the stack still rejects connections without TLS and accepts logs.
            self.bucket.policy.apply_removal_policy(removal_policy)
        # Each line below goes for this bucket only.
        forever = "A bucket of logs that logged its own readers would write logs forever."
        acknowledge(self.bucket, "S1", forever)
        acknowledge(self.bucket, "S3BucketLoggingEnabled", forever, NIST)
        acknowledge(
            self.bucket,
            "S3DefaultEncryptionKMS",
            "S3 delivers access logs only to buckets that are encrypted by its own keys (SSE-S3).",
            NIST,
        )
        acknowledge(
            self.bucket,
            "S3BucketReplicationEnabled",
            "The logs are about one region's bucket and expire; a second region would be another deployment.",
            NIST,
        )
