"""Where a model's weights lie."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.models import FalconModel
from catalog.regions import Region


@dataclass(frozen=True, slots=True)
class Weights:
    """One archive, or a folder of files, in an S3 bucket.

    Attributes:
        bucket: the bucket's name.
        key: the archive's key, or the folder's prefix with "/" at its end.
        s3_data_type, compression_type: as SageMaker's S3DataSource calls the two layouts: "S3Object" and "Gzip", or
            "S3Prefix" and "None".
        key_arn: the KMS key that they are encrypted with; none for a bucket that anyone may read.
    """

    bucket: str
    key: str
    s3_data_type: str
    compression_type: str
    key_arn: str | None = None

    @property
    def uri(self) -> str:
        """ "s3://bucket/key", as SageMaker is told it."""
        return f"s3://{self.bucket}/{self.key}"

    def bucket_arn(self, partition: str) -> str:
        """The bucket's ARN in an AWS partition ("aws")."""
        return f"arn:{partition}:s3:::{self.bucket}"

    def object_arn(self, partition: str) -> str:
        """The archive's ARN, or the pattern of all files in the folder."""
        return f"{self.bucket_arn(partition)}/{self.key}{'*' if self.key.endswith('/') else ''}"


def from_jumpstart(model: FalconModel, region: Region) -> Weights:
    """The weights as JumpStart keeps them in `region`."""
    return Weights(region.jumpstart_bucket, model.model_data_key, model.s3_data_type, model.compression_type)


def in_artifact_bucket(model: FalconModel, bucket_name: str, key_arn: str | None = None) -> Weights:
    """Files as `save_pretrained` writes them, below models/<name>/ of a deployment's own bucket."""
    return Weights(bucket_name, f"models/{model.name}/", "S3Prefix", "None", key_arn)
