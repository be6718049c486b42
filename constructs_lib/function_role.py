"""The role of a Lambda function, and the log group that it writes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcard


class FunctionRole(Construct):
    """A role that may write to the function's own encrypted log group and do what `permissions` lists, no more.

    Args:
        function_name: the function's name; its log group is `/falconry/<function_name>`.
        encryption_key: encrypts the log group.
        permissions: further statements, by the name of the inline policy that holds them.

    Attributes:
        role: never changed afterwards by what the function is connected to.
        log_group: kept for a month, removed with the stack.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        encryption_key: kms.IKey,
        permissions: Mapping[str, Sequence[iam.PolicyStatement]] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=f"/falconry/{function_name}",
            encryption_key=encryption_key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        stack = Stack.of(self)
        streams = f"arn:{Aws.PARTITION}:logs:{stack.region}:{stack.account}:log-group:/falconry/{function_name}:*"
        write_logs = iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[streams])
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
        acknowledge_wildcard(role, streams, "The streams of the function's own log group.")
        self.role = role.without_policy_updates()
