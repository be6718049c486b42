"""The S3 bucket for a deployment's own model artifacts."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge


class ArtifactBucket(Construct):
    """An encrypted, versioned, private bucket that takes TLS connections only.

    Args:
        bucket_name: its name, stable, since a VPC endpoint policy in another stack names it too.
        encryption_key: the KMS key of its objects.
        removal_policy: what becomes of the bucket when it leaves the stack. Default: kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket_name: str,
        encryption_key: kms.IKey,
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
                # A broken upload of 360 GB of weights would be billed for ever.
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7)),
                s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30)),
            ],
            removal_policy=removal_policy,
        )
        acknowledge(self.bucket, "S1", "Reads and writes of the artifacts are recorded by CloudTrail's data events.")
