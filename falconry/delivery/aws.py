"""The account that a job deploys to, through the CDK's bootstrap roles: the job's own role may only assume them."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from falconry.delivery.bundle import Bundle
from falconry.delivery.errors import DeliveryError

SESSION_NAME = "falconry-delivery"


def credentials(bundle: Bundle, kind: str) -> dict[str, str]:
    """Environment variables with an hour's credentials of the bootstrap role "deploy" or "lookup".

    An hour is AWS's limit for a role that assumes another one (role chaining).
    """
    try:
        sts = boto3.client("sts", region_name=bundle.region)
        caller = sts.get_caller_identity()
        role = (
            bundle.role(kind)
            .replace("${AWS::Partition}", caller["Arn"].split(":")[1])
            .replace("${AWS::AccountId}", caller["Account"])
        )
        given = sts.assume_role(RoleArn=role, RoleSessionName=SESSION_NAME)["Credentials"]
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(
            f"the CDK's {kind} role cannot be assumed: {error}. Is the account bootstrapped for {bundle.region}, "
            "and is this the role of the stack falconry-<name>-delivery?"
        ) from None
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def cloudformation(bundle: Bundle) -> Any:
    """A client of CloudFormation as the CDK's command line would have it."""
    given = credentials(bundle, "deploy")
    return boto3.client(
        "cloudformation",
        region_name=bundle.region,
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=given["AWS_SESSION_TOKEN"],
    )
