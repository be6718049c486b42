"""API Gateway's access log: one JSON line per request."""

from __future__ import annotations

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge

FIELDS = {
    "request_id": "$context.requestId",
    "time": "$context.requestTime",
    # Three ways to identify a client; those that do not apply are "-". The front's log has the name of a key's client.
    "api_key_id": "$context.identity.apiKeyId",
    "client": "$context.authorizer.client",
    "iam_arn": "$context.identity.userArn",
    "source_ip": "$context.identity.sourceIp",
    "route": "$context.httpMethod $context.resourcePath",
    "status": "$context.status",
    "error_type": "$context.error.responseType",
    "waf_status": "$context.waf.status",
    "authorizer_ms": "$context.authorizer.latency",
    "response_ms": "$context.responseLatency",
    "response_bytes": "$context.responseLength",
    "integration_status": "$context.integration.status",
    "integration_ms": "$context.integration.latency",
    # The two below were added with response streaming (developer guide, "Stream the integration response").
    "time_to_first_content_ms": "$context.integration.timeToFirstContent",
    "response_transfer_mode": "$context.integration.responseTransferMode",
}
"""Names in the log line, and API Gateway's variables. None contains a prompt, an answer or a key."""


class ApiAccessLog(Construct):
    """An encrypted log group, and the account's role with which API Gateway writes to it.

    The role is the whole account's in a region, so it is kept when the stack is deleted: docs/decisions/
    api-gateway-account-role.md.

    Args:
        log_group_name: the log group's name.
        encryption_key: encrypts it.
        retention_days: one of the numbers that CloudWatch Logs knows.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        log_group_name: str,
        encryption_key: kms.IKey,
        retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.CfnLogGroup(
            self,
            "LogGroup",
            log_group_name=log_group_name,
            kms_key_id=encryption_key.key_arn,
            retention_in_days=retention_days,
        )
        self.log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        role = iam.Role(
            self,
            "Role",
            description="API Gateway writes the logs of all APIs of this account and region",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name("service-role/AmazonAPIGatewayPushToCloudWatchLogs")
            ],
        )
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        acknowledge(
            role,
            "IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
            "API Gateway has one role for all APIs of an account and asks for this policy; a narrower one would end "
            "the others' logs.",
        )
        self.account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        self.account.apply_removal_policy(RemovalPolicy.RETAIN)

    @property
    def line_format(self) -> str:
        """The line's format, for the stage."""
        return json.dumps(FIELDS, separators=(",", ":"))
