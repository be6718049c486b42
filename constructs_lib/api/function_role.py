"""The role of a Lambda function, and the log group that it writes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge, acknowledge_wildcard
from falconry.names import function_log_group


class FunctionRole(Construct):
    """A role that may write to the function's own encrypted log group and do what `permissions` lists.

    Args:
        function_name: the function's name; `falconry.names` names its log group.
        encryption_key: encrypts the log group.
        log_retention_days: how long the log group keeps what is written; one of the numbers that CloudWatch Logs knows.
        permissions: further statements, by the name of the inline policy that holds them.

    Attributes:
        role: never changed afterwards by what the function is connected to.
        log_group: removed with the stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        encryption_key: kms.IKey,
        log_retention_days: int,
        permissions: Mapping[str, Sequence[iam.PolicyStatement]] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        group_name = function_log_group(function_name)
        group = logs.CfnLogGroup(
            self,
            "LogGroup",
            log_group_name=group_name,
            kms_key_id=encryption_key.key_arn,
            retention_in_days=log_retention_days,
        )
        group.apply_removal_policy(RemovalPolicy.DESTROY)
        self.log_group = logs.LogGroup.from_log_group_name(self, "Logs", group.ref)
        stack = Stack.of(self)
        streams = f"arn:{Aws.PARTITION}:logs:{stack.region}:{stack.account}:log-group:{group_name}:*"
        write_logs = iam.PolicyStatement(
            sid="WriteLogs", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[streams]
        )
        role = iam.Role(
            self,
            "Role",
            description=f"Lambda function {function_name}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            # In the role itself: Lambda checks some of them when it creates the function.
            inline_policies={
                name: iam.PolicyDocument(statements=list(statements))
                for name, statements in {"WriteLogs": [write_logs], **(permissions or {})}.items()
            },
        )
        acknowledge(
            role, "IAMNoInlinePolicy", "Lambda checks some of it when the function is created, so it comes first.", NIST
        )
        acknowledge_wildcard(role, streams, "The streams of the function's own log group.")
        self.role = role.without_policy_updates()


def read_environment(encryption_key: kms.IKey) -> iam.PolicyStatement:
    """What Lambda needs of a function's role to decrypt its environment, for this account's functions only (developer
    guide, "Securing Lambda environment variables")."""
    return iam.PolicyStatement(sid="ReadEnvironment", actions=["kms:Decrypt"], resources=[encryption_key.key_arn])


def send_traces() -> iam.PolicyStatement:
    """What Lambda needs of a function's role to send traces to X-Ray (developer guide, "Visualize Lambda function
    invocations using AWS X-Ray"). Both actions take no resource (Service Authorization Reference, AWS X-Ray)."""
    return iam.PolicyStatement(
        sid="SendTraces", actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"]
    )
