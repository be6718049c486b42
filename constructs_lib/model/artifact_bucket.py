"""The S3 bucket for a deployment's own model artifacts."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.access_log_bucket import AccessLogBucket
from constructs_lib.acknowledgement import NIST, acknowledge


class ArtifactBucket(Construct):
    """An encrypted, versioned, private bucket that accepts TLS connections only.

    Args:
        bucket_name: its name, stable, since policies in other stacks name it too.
        encryption_key: the KMS key of its objects.
        access_logs: the bucket that S3 writes this one's access logs to. Default: none are written.
        removal_policy: what happens to the bucket when it leaves the stack. Default: it is kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: str,
        encryption_key: kms.IKey,
        access_logs: AccessLogBucket | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=encryption_key,
            # One data key per bucket and hour instead of one per object: weights are thousands of multipart parts.
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            lifecycle_rules=[
                # A broken upload of 360 GB of weights would be billed forever.
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7)),
                s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30)),
            ],
            removal_policy=removal_policy,
        )
        if self.bucket.policy:
            # A bucket that outlives the stack still rejects connections without TLS.
            self.bucket.policy.apply_removal_policy(removal_policy)
        acknowledge(
            self.bucket,
            "S3BucketReplicationEnabled",
            "Weights are copies of what was downloaded or trained elsewhere; an endpoint reads its own region's only.",
            NIST,
        )
        if access_logs:
            self._write_access_logs(access_logs.bucket)
        else:
            nowhere = "The deployment keeps no data, and a bucket that S3 still writes logs to cannot be deleted."
            acknowledge(self.bucket, "S1", nowhere)
            acknowledge(self.bucket, "S3BucketLoggingEnabled", nowhere, NIST)

    def _write_access_logs(self, destination: s3.Bucket) -> None:
        # Not by the property of s3.Bucket, whose policy for the destination names this bucket by reference: then this
        # one would have to be there first, and S3 would not let it log to a bucket without that policy.
        resource = cast(s3.CfnBucket, self.bucket.node.default_child)
        resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
            destination_bucket_name=destination.bucket_name, log_file_prefix="artifacts/"
        )
        if destination.policy:
            self.bucket.node.add_dependency(destination.policy)
