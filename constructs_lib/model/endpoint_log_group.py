"""The log group of an endpoint's containers."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


class EndpointLogGroup(Construct):
    """The log group with SageMaker's own name for it, created before the endpoint so that it is encrypted and expires;
    one that SageMaker creates itself is not, and does not.

    Args:
        name: SageMaker's own.
        encryption_key: CloudWatch Logs must be allowed to use it.
        retention_days: one of the numbers that CloudWatch Logs knows.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, name: str, encryption_key: kms.IKey, retention_days: int
    ) -> None:
        super().__init__(scope, construct_id)
        self.resource = logs.CfnLogGroup(
            self,
            "LogGroup",
            log_group_name=name,
            kms_key_id=encryption_key.key_arn,
            retention_in_days=retention_days,
        )
        # The name is fixed: a retained log group would block the next deployment.
        self.resource.apply_removal_policy(RemovalPolicy.DESTROY)
