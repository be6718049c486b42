"""A customer-managed KMS key for one stack's data and logs."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct


class EncryptionKey(Construct):
    """A KMS key, rotated every year, that CloudWatch Logs of this account may use too.

    Args:
        alias: the key's alias without "alias/".
        removal_policy: what happens to the key when it leaves the stack. Default: it is kept; data may still need it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, alias: str, removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    ) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(self, "Key", alias=alias, enable_key_rotation=True, removal_policy=removal_policy)
        stack = Stack.of(self)
        # CloudWatch Logs encrypts with the service's own principal; the context confines it to this account's log
        # groups.
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="CloudWatchLogs",
                # In China the service's name ends in the partition's own suffix.
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.{Aws.URL_SUFFIX}")],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
                resources=["*"],  # in a key's policy "*" is the key itself
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": (
                            f"arn:{Aws.PARTITION}:logs:{stack.region}:{stack.account}:log-group:*"
                        )
                    }
                },
            )
        )
