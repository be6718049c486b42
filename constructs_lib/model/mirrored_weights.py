"""Weights in a deployment's own bucket, found through an SSM parameter."""

from __future__ import annotations

from aws_cdk import CfnParameter, Fn
from constructs import Construct

from falconry.catalog import Weights


class MirroredWeights(Construct):
    """The copy of a model's weights that an SSM parameter names.

    CloudFormation reads the parameter at each deployment and fails without it. `falconry mirror` writes it last, so a
    deployment never uses an incomplete copy; a new copy has its own prefix and replaces the model.

    Args:
        bucket_name: the bucket.
        prefix: the prefix of the keys of all copies, ending in "/"; the model's role may read below it.
        parameter_name: of a StringList: key, S3DataType, CompressionType.
        key_arn: the KMS key of the bucket.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, bucket_name: str, prefix: str, parameter_name: str, key_arn: str
    ) -> None:
        super().__init__(scope, construct_id)
        published = CfnParameter(
            self,
            "Published",
            type="AWS::SSM::Parameter::Value<List<String>>",
            default=parameter_name,
            description="The published copy of the weights: key, data type, compression",
        ).value_as_list
        self.weights = Weights(
            bucket=bucket_name,
            key=Fn.select(0, published),
            s3_data_type=Fn.select(1, published),
            compression_type=Fn.select(2, published),
            key_arn=key_arn,
            below=prefix,
        )
