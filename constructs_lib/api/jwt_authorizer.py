"""Tokens of an identity provider: `Authorization: Bearer TOKEN`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_kms as kms
from constructs import Construct

from constructs_lib.api.authorizer_function import AuthorizerFunction

CACHED_FOR = Duration.minutes(5)
"""How long API Gateway caches the result for a token, so how long an expired one may still be used."""

BEARER_FORM = r"^[Bb]earer +[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
"""API Gateway rejects anything else without calling the function."""


class JwtAuthorizer(Construct):
    """A Lambda authorizer that accepts tokens of one issuer: RS256, checked by the issuer's published keys.

    Args:
        function_name: the Lambda function's name.
        issuer: the tokens' `iss`.
        audience: values of `aud` (or `client_id`), one of which a token must have.
        encryption_key: encrypts its logs and its environment.
        log_retention_days: how long its logs are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        issuer: str,
        audience: Sequence[str],
        encryption_key: kms.IKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.code = AuthorizerFunction(
            self,
            "Code",
            function_name=function_name,
            description="Falconry authorizer: verifies tokens of an issuer",
            handler="authorizer.jwt_handler.handler",
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
            environment={"FALCONRY_JWT_ISSUER": issuer, "FALCONRY_JWT_AUDIENCE": json.dumps(list(audience))},
        )
        self.authorizer = apigateway.TokenAuthorizer(
            self,
            "Tokens",
            handler=self.code.function,
            validation_regex=BEARER_FORM,
            results_cache_ttl=CACHED_FOR,
        )
