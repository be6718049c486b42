"""The location of a model's weights."""

from __future__ import annotations

from dataclasses import dataclass

from falconry.catalog.models import CatalogModel
from falconry.catalog.regions import Region


@dataclass(frozen=True, slots=True)
class Weights:
    """One archive, or a folder of files, in an S3 bucket.

    Attributes:
        bucket: the bucket's name.
        key: the archive's key, or the folder's prefix with "/" at its end; it may be known at deployment only.
        s3_data_type, compression_type: as SageMaker's S3DataSource calls the two layouts: "S3Object" and "Gzip", or
            "S3Prefix" and "None".
        key_arn: the KMS key that they are encrypted with; none for a bucket that anyone may read.
        below: a prefix that `key` is below, for policies; none where the key itself is known.
    """

    bucket: str
    key: str
    s3_data_type: str
    compression_type: str
    key_arn: str | None = None
    below: str | None = None

    @property
    def uri(self) -> str:
        """ "s3://bucket/key", as SageMaker is told it."""
        return f"s3://{self.bucket}/{self.key}"

    def bucket_arn(self, partition: str) -> str:
        """The bucket's ARN in an AWS partition ("aws")."""
        return f"arn:{partition}:s3:::{self.bucket}"

    def object_arn(self, partition: str) -> str:
        """The archive's ARN, or the pattern of all files in the folder."""
        return f"{self.bucket_arn(partition)}/{self.prefix}{'*' if self.prefix.endswith('/') else ''}"

    @property
    def prefix(self) -> str:
        """What all keys begin with."""
        return self.below or self.key


def from_jumpstart(model: CatalogModel, region: Region) -> Weights:
    """The weights as JumpStart keeps them in `region`."""
    return Weights(region.jumpstart_bucket, model.model_data_key, model.s3_data_type, model.compression_type)


def from_publication(bucket_name: str, value: str, key_arn: str | None = None) -> Weights:
    """The copy in a deployment's own bucket that `value` names: key, S3DataType and CompressionType, with commas."""
    key, s3_data_type, compression_type = value.split(",")
    return Weights(bucket_name, key, s3_data_type, compression_type, key_arn)
