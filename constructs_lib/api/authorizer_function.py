"""The Lambda function behind an authorizer."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.api.function_metrics import FunctionMetrics
from constructs_lib.api.function_role import FunctionRole, read_environment
from constructs_lib.api.lambda_code import ARCHITECTURE, RUNTIME, lambda_code

NIST_REASONS = {
    "LambdaConcurrency": "The stage's throttle bounds it; a limit of its own would refuse callers with an error.",
    "LambdaDLQ": "API Gateway calls it and waits for the answer; nothing is queued.",
    "LambdaInsideVPC": "It reads nothing but the request and the issuer's public keys, which are outside the VPC.",
}


class AuthorizerFunction(Construct, FunctionMetrics):
    """A function of the authorizer's package, outside the VPC, that may only write its logs.

    Args:
        function_name: its name.
        description: what it does.
        handler: its handler, in the package `authorizer`.
        encryption_key: encrypts its logs and its environment.
        log_retention_days: how long its logs are kept.
        environment: its environment variables. Default: none.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        description: str,
        handler: str,
        encryption_key: kms.IKey,
        log_retention_days: int,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function_name = function_name
        identity = FunctionRole(
            self,
            "Identity",
            function_name=function_name,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
            permissions={"ReadEnvironment": [read_environment(encryption_key)]} if environment else None,
        )
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description=description,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            code=lambda_code("authorizer"),
            handler=handler,
            role=identity.role,
            memory_size=256,
            # Two requests to an issuer, 1.5 s each at most, fit in; the client waits for it.
            timeout=Duration.seconds(5),
            environment=environment,
            environment_encryption=encryption_key if environment else None,
            log_group=identity.log_group,
        )
        for rule, reason in NIST_REASONS.items():
            acknowledge(self.function, rule, reason, NIST)
