"""Passes the key that a client sends to API Gateway, which checks it.

API Gateway looks for an API key in `x-api-key` only, and OpenAI's clients send `Authorization: Bearer KEY`. This
authorizer reads both and passes the key on (`usageIdentifierKey`). It does not look the key up: API Gateway itself then
enforces that it is an enabled key of a usage plan of the stage, with that plan's rate and quota (API Gateway developer
guide, "apiKeySource AUTHORIZER").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from authorizer.client_keys import client_of_key


def handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """The policy for a request with a key. Raises Exception("Unauthorized"), API Gateway's word for a 401, if it has
    none."""
    key = api_key(event)
    if key is None:
        raise Exception("Unauthorized")
    client = client_of_key(key)
    return {
        # The principal shows in access logs, so it must not be the key.
        "principalId": hashlib.sha256(key.encode()).hexdigest()[:32],
        "usageIdentifierKey": key,
        # What the gateway function calls the client in logs and metrics; it knows other keys by their ids.
        "context": {"client": client} if client else {},
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow",
                    "Resource": whole_stage(str(event.get("methodArn", ""))),
                }
            ],
        },
    }


def api_key(event: Mapping[str, object]) -> str | None:
    """The key in `Authorization: Bearer KEY`, else in `x-api-key`; header names in any case."""
    given = event.get("headers")
    headers = {str(name).lower(): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    scheme, _, credentials = headers.get("authorization", "").strip().partition(" ")
    bearer = credentials.strip() if scheme.lower() == "bearer" else ""
    return bearer or headers.get("x-api-key", "").strip() or None


def whole_stage(method_arn: str) -> str:
    """The ARN of every method of the stage that `method_arn` (arn:...:API/STAGE/METHOD/PATH) belongs to."""
    return "/".join([*method_arn.split("/")[:2], "*"])
