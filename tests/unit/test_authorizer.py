"""The authorizer takes the key from where OpenAI's clients put it, and leaves checking it to API Gateway."""

from __future__ import annotations

import json
from typing import Any

import pytest
from authorizer.handler import handler

from falconry.client_keys import key_value

KEY = "a1B2c3D4e5F6g7H8i9J0k1L2"
ARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/live/POST/v1/chat/completions"


def authorize(headers: object) -> dict[str, Any]:
    return handler({"type": "REQUEST", "methodArn": ARN, "headers": headers}, None)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer   {KEY} "},
        {"X-Api-Key": KEY},
        {"x-api-key": KEY, "Authorization": "Basic dXNlcjpwYXNz"},
        {"x-api-key": "another", "Authorization": f"Bearer {KEY}"},
    ],
)
def test_a_key_is_handed_on(headers: dict[str, str]) -> None:
    assert authorize(headers)["usageIdentifierKey"] == KEY


@pytest.mark.parametrize(
    "headers", [None, {}, {"Authorization": "Bearer"}, {"Authorization": f"Basic {KEY}"}, {"x-api-key": " "}]
)
def test_without_a_key_api_gateway_answers_401(headers: object) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(headers)


def test_the_policy_allows_the_stage_and_names_the_key_nowhere_else() -> None:
    policy = authorize({"Authorization": f"Bearer {KEY}"})
    (statement,) = policy["policyDocument"]["Statement"]
    assert statement == {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:us-east-1:123456789012:abc123/live/*",
    }
    policy.pop("usageIdentifierKey")
    assert KEY not in json.dumps(policy)
    assert policy["principalId"] == authorize({"x-api-key": KEY})["principalId"]
    assert policy["principalId"] != authorize({"x-api-key": KEY + "x"})["principalId"]


@pytest.mark.parametrize("client", ["default", "web-site", "a1", "x" * 20])
def test_a_key_that_the_command_made_says_whose_it_is(client: str) -> None:
    key = key_value(client)

    assert key.isalnum()
    assert 20 <= len(key) <= 128
    assert authorize({"x-api-key": key})["context"] == {"client": client}


@pytest.mark.parametrize("key", [KEY, "a" * 40, "websiteK" + "A" * 39, "webSiteK" + "A" * 40, "websiteK" + "a" * 40])
def test_other_keys_say_nothing(key: str) -> None:
    assert authorize({"x-api-key": key})["context"] == {}
