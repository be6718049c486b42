"""Flow logs: every connection in a VPC, rejected ones too."""

from __future__ import annotations

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge


class FlowLogs(Construct):
    """Flow logs of a VPC in an encrypted log group, written by a role that can do nothing else.

    CloudFormation names the group, so that a retained group does not block the next deployment.

    Args:
        vpc_id: the VPC.
        encryption_key: the KMS key of the log group; CloudWatch Logs must be allowed to use it.
        retention_days: one of the numbers that CloudWatch Logs knows.
        removal_policy: what happens to the logs when they leave the stack. Default: they are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc_id: str,
        encryption_key: kms.IKey,
        retention_days: int,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        self.log_group = logs.CfnLogGroup(
            self, "LogGroup", kms_key_id=encryption_key.key_arn, retention_in_days=retention_days
        )
        self.log_group.apply_removal_policy(removal_policy)
        self.role = iam.Role(
            self,
            "Role",
            description="Writes the flow logs of a VPC",
            # The conditions keep the service from writing here on another account's behalf.
            assumed_by=iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{Aws.PARTITION}:ec2:{stack.region}:{stack.account}:vpc-flow-log/*"
                    },
                },
            ),
            inline_policies={
                "WriteLogs": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                            resources=[self.log_group.attr_arn],
                        )
                    ]
                )
            },
        )
        acknowledge(self.role, "IAMNoInlinePolicy", "It belongs to one role and is deleted with it.", NIST)
        ec2.CfnFlowLog(
            self,
            "FlowLog",
            resource_id=vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=self.log_group.ref,
            deliver_logs_permission_arn=self.role.role_arn,
        )
