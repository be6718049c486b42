"""What `make local` prints: how to call the deployment, whatever its callers bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from local_aws.extensions.banner import banner


def printed(**changes: Any) -> str:
    api: dict[str, Any] = {
        "base_url": "http://127.0.0.1:8080/v1",
        "native_url": "http://127.0.0.1:8080/models",
        "playground": "http://127.0.0.1:8080/playground",
        "auth": "api_key",
        "api_key": "KEY",
        "credentials": None,
        "issuer": None,
        "headers": {},
        "models": ["falcon-7b-instruct"],
        "aws_endpoint_url": "http://localhost:5000",
        "region": "us-east-1",
    }
    return banner(api | changes, Path("/logs"), 1)


def test_a_key_is_in_both_snippets() -> None:
    text = printed()

    assert "  Key    KEY\n" in text
    assert "-H 'Authorization: Bearer KEY'" in text
    assert 'api_key="KEY")' in text


def test_the_playgrounds_address_is_printed_where_a_browser_can_load_it() -> None:
    assert "  Page   http://127.0.0.1:8080/playground\n" in printed()
    assert "Page" not in printed(playground=None)
    assert "Page" not in printed(headers={"x-local-vpc-endpoint": "vpce-0123456789abcdef0"})


def test_a_token_is_the_callers_to_bring() -> None:
    text = printed(auth="jwt", api_key=None, issuer="https://id.example.com")

    assert "  Token  one of https://id.example.com, in the variable TOKEN\n" in text
    assert '-H "Authorization: Bearer $TOKEN"' in text
    assert "import os\n\nfrom openai import OpenAI\n\nclient = OpenAI(" in text
    assert 'api_key=os.environ["TOKEN"])' in text


def test_a_signature_is_made_by_curl_and_not_by_openais_package() -> None:
    credentials = {"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "SessionToken": "session"}
    text = printed(auth="iam", api_key=None, credentials=credentials)

    assert "--aws-sigv4 aws:amz:us-east-1:execute-api --user 'ASIA:secret' -H 'X-Amz-Security-Token: session'" in text
    assert "OpenAI" not in text


def test_a_user_signs_with_keys_of_his_own() -> None:
    text = printed(auth="iam", api_key=None)

    assert '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"' in text


def test_requests_to_a_private_api_say_which_vpc_endpoint_they_come_through() -> None:
    text = printed(headers={"x-local-vpc-endpoint": "vpce-0123456789abcdef0"})

    assert "-H 'x-local-vpc-endpoint: vpce-0123456789abcdef0'" in text
    assert 'default_headers={"x-local-vpc-endpoint": "vpce-0123456789abcdef0"})' in text
