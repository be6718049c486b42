"""API keys as bearer tokens: `Authorization: Bearer KEY`, as OpenAI's clients send them."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib.api.authorizer_function import AuthorizerFunction


class BearerAuthorizer(Construct):
    """A Lambda authorizer that hands the bearer token (or `x-api-key`) to API Gateway as the API key to check.

    It knows no key itself: API Gateway refuses a token that is not an enabled key of one of the stage's usage plans.

    Args:
        function_name: the Lambda function's name.
        encryption_key: encrypts its logs.
        log_retention_days: how long its logs are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        encryption_key: kms.IKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.code = AuthorizerFunction(
            self,
            "Code",
            function_name=function_name,
            description="Falconry authorizer: passes the bearer token to API Gateway as the API key",
            handler="authorizer.handler.handler",
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
        )
        self.authorizer = apigateway.RequestAuthorizer(
            self,
            "Keys",
            handler=self.code.function,
            # Either of two headers may carry the key. API Gateway can only demand all of a list, and caches by all
            # of it.
            identity_sources=[],
            results_cache_ttl=Duration.seconds(0),
        )
