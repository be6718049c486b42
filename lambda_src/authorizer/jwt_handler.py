"""Authorizes requests with a valid token from the configured issuer: `Authorization: Bearer TOKEN`."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping

from authorizer.handler import whole_stage
from authorizer.issuer_keys import IssuerKeys
from authorizer.tokens import InvalidTokenError, Tokens, client_of


@functools.cache
def tokens() -> Tokens:
    """The issuer and the audiences, from the environment."""
    issuer = os.environ["FALCONRY_JWT_ISSUER"]
    return Tokens(issuer, json.loads(os.environ["FALCONRY_JWT_AUDIENCE"]), IssuerKeys(issuer))


def handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """The policy for a TOKEN authorizer's event. Raises Exception("Unauthorized"), API Gateway's word for a 401, for
    an invalid token."""
    try:
        scheme, _, token = str(event.get("authorizationToken", "")).strip().partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidTokenError("it is no bearer token")
        claims = tokens().verify(token.strip())
        client = client_of(claims)
    except InvalidTokenError as error:
        print(json.dumps({"level": "INFO", "message": "token refused", "reason": str(error)}), flush=True)
        raise Exception("Unauthorized") from None
    return {
        "principalId": client,
        "context": {"client": client},
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    # API Gateway remembers the policy for the token's next requests, to other methods too.
                    "Resource": whole_stage(str(event.get("methodArn", ""))),
                }
            ],
        },
    }
