"""What tells a caller how to call the deployment: the content of api.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import boto3

from falconry.settings import Settings
from local_aws.cdk import aws_environment

SESSION_NAME = "make-local"


def describe_api(settings: Settings, url: str, aws_url: str) -> dict[str, Any]:
    """The description of the API that is served at `url`, from the deployment's own parameters.

    `auth` says which of `api_key` (the first client's), `credentials` (temporary ones of a principal that may call) and
    a token of `issuer` a caller needs; the others are None. `headers` go with every request.
    """
    environment = aws_environment(aws_url, settings.region)
    session = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    where = {"region_name": settings.region, "endpoint_url": aws_url}
    api = settings.api
    return {
        "base_url": f"{url}/v1",
        "native_url": f"{url}/models",
        "playground": f"{url}/playground" if api.playground else None,
        "auth": api.auth,
        "api_key": _api_key(session, where, settings) if api.clients else None,
        "credentials": _credentials(session.client("sts", **where), api.iam.principals) if api.iam else None,
        "issuer": api.jwt.issuer if api.jwt else None,
        # Stands for the VPC endpoint that a request to a private API comes through.
        "headers": {"x-local-vpc-endpoint": api.vpc_endpoint_ids[0]} if api.vpc_endpoint_ids else {},
        "models": [model.name for model in settings.models],
        "aws_endpoint_url": aws_url,
        "region": settings.region,
    }


def _api_key(session: boto3.Session, where: dict[str, str], settings: Settings) -> str:
    """The value of the first client's key."""
    name = settings.names.key_parameter(settings.api.clients[0].name)
    key_id = session.client("ssm", **where).get_parameter(Name=name)["Parameter"]["Value"]
    return str(session.client("apigateway", **where).get_api_key(apiKey=key_id, includeValue=True)["value"])


def _credentials(sts: Any, principals: Sequence[str]) -> dict[str, str] | None:
    """Credentials of the first role, or of some role of the first account; None where only users may call."""
    for principal in principals:
        account, _, name = principal.rpartition(":")
        if not name.startswith("user/"):
            role = principal if name != "root" else f"{account}:role/{SESSION_NAME}"
            given = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME)["Credentials"]
            return {name: given[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")}
    return None
