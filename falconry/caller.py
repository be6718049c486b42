"""The credentials of a caller of the deployed API: a key, a signature or a token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from falconry.aws_errors import translate_aws_errors
from falconry.errors import CommandError
from falconry.target import Target

Headers = Mapping[str, str]
Authorize = Callable[[str, str, bytes], Headers]
"""Method, URL and body of a request to the headers that authorize it."""

Key = Annotated[
    str,
    typer.Option(
        "--key",
        metavar="KEY",
        envvar="FALCONRY_API_KEY",
        show_envvar=True,
        help="API key. Default: read from API Gateway.",
    ),
]
Token = Annotated[
    str,
    typer.Option(
        "--token",
        metavar="TOKEN",
        envvar="FALCONRY_TOKEN",
        show_envvar=True,
        help="Token from the issuer, for `auth: jwt`.",
    ),
]
Url = Annotated[
    str,
    typer.Option("--url", metavar="URL", help="Base URL, ending in /v1. Default: the deployment's, read from SSM."),
]
ExtraHeaders = Annotated[
    list[str],
    typer.Option("--header", metavar="NAME:VALUE", help="Header for every request; a private API may need one."),
]


@dataclass(frozen=True)
class Caller:
    """Who calls which API.

    Attributes:
        base_url: ends in /v1.
        headers: go with every request.
        authorize: gives the headers that authorize a request.
    """

    base_url: str
    headers: Headers
    authorize: Authorize

    @property
    def root_url(self) -> str:
        """Where the models' own routes are: the base URL without /v1."""
        return self.base_url.removesuffix("/v1")


def find_caller(target: Target, *, key: str, token: str, url: str, headers: list[str]) -> Caller:
    """How to call the deployment: from the command line, the environment or AWS, in this order.

    Raises:
        CommandError: something is missing that only the user can provide.
    """
    given = dict(_header(text) for text in headers)
    if target.local:
        given = {**target.local["headers"], **given}
    base_url = (url or _base_url(target)).rstrip("/")
    if not base_url.startswith(("https://", "http://")):
        raise CommandError(f"--url {url}: the URL must begin with https:// and end in /v1.")
    return Caller(base_url, given, _authorize(target, key, token))


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise CommandError(f"--header {text!r}: the format is NAME:VALUE, such as x-apigw-api-id:abc123.")
    return name.strip(), value.strip()


def _base_url(target: Target) -> str:
    if target.local:
        return str(target.local["base_url"])
    name = target.settings.names.url_parameter
    mend = f"Is it deployed? npx cdk deploy --all -c config={target.settings.name}"
    with translate_aws_errors(f"reading {name}", {"ParameterNotFound": mend}):
        return str(target.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])


def _authorize(target: Target, key: str, token: str) -> Authorize:
    auth = target.settings.api.auth
    if auth == "iam" and not key and not token:
        return _signature(target)
    if auth == "jwt" and not token:
        assert target.settings.api.jwt is not None  # noqa: S101 (settings.checks: auth and its section come together)
        raise CommandError(
            f"this API requires a token from {target.settings.api.jwt.issuer}. Set --token or FALCONRY_TOKEN."
        )
    bearer = token or key or _key(target)
    return lambda _method, _url, _body: {"authorization": f"Bearer {bearer}"}


def _key(target: Target) -> str:
    """The first client's key, from API Gateway."""
    if target.local and target.local["api_key"]:
        return str(target.local["api_key"])
    if not target.settings.api.clients:
        raise CommandError("the config has no client, so there is no key to read. Set --key or FALCONRY_API_KEY.")
    client = target.settings.api.clients[0].name
    name = target.settings.names.key_parameter(client)
    fixes = {
        "ParameterNotFound": f"Is it deployed? npx cdk deploy --all -c config={target.settings.name}",
        "AccessDeniedException": "Set a key with --key or FALCONRY_API_KEY.",
    }
    with translate_aws_errors(f"reading {client}'s key from API Gateway", fixes):
        key_id = target.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
        return str(target.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"])


def _signature(target: Target) -> Authorize:
    """Signs for API Gateway (SigV4), with the credentials that boto3 finds."""
    import boto3
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    found: Any
    if target.local and target.local["credentials"]:
        given = target.local["credentials"]
        found = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    else:
        with translate_aws_errors("looking for AWS credentials to sign with"):
            found = boto3.Session(region_name=target.settings.region).get_credentials()
        if found is None:
            raise CommandError("this API requires signed requests, but no AWS credentials were found. Set AWS_PROFILE.")

    def sign(method: str, url: str, body: bytes) -> Headers:
        request = AWSRequest(method, url, data=body, headers={"content-type": "application/json"})
        SigV4Auth(found.get_frozen_credentials(), "execute-api", target.settings.region).add_auth(request)
        return dict(request.headers)

    return sign
