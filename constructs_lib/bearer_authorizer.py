"""API keys as bearer tokens: `Authorization: Bearer KEY`, as OpenAI's clients send them."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.function_role import FunctionRole
from constructs_lib.lambda_code import ARCHITECTURE, RUNTIME, lambda_code


class BearerAuthorizer(Construct):
    """A Lambda authorizer that hands the bearer token (or `x-api-key`) to API Gateway as the API key to check.

    It knows no key itself: API Gateway refuses a token that is not an enabled key of one of the stage's usage plans.

    Args:
        function_name: the Lambda function's name.
        encryption_key: encrypts its logs.
    """

    def __init__(self, scope: Construct, construct_id: str, *, function_name: str, encryption_key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        identity = FunctionRole(self, "Identity", function_name=function_name, encryption_key=encryption_key)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description="Falconry: bearer token to API key",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            code=lambda_code("authorizer"),
            handler="authorizer.handler.handler",
            role=identity.role,
            memory_size=256,
            timeout=Duration.seconds(5),
            log_group=identity.log_group,
        )
        self.authorizer = apigateway.RequestAuthorizer(
            self,
            "Authorizer",
            handler=self.function,
            # Either of two headers may carry the key. API Gateway can only demand all of a list, and caches by all
            # of it.
            identity_sources=[],
            results_cache_ttl=Duration.seconds(0),
        )
