"""What boto3 raises, as sentences for a person. Loads boto3's errors only where something is done with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from falconry.errors import CommandError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403")
"""Codes of services that know the caller and refuse the call."""

EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
UNKNOWN_CALLER = ("AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException")

_NAMED_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")
"""Where a service's message names the action: "User: arn:... is not authorized to perform: sagemaker:CreateModel"."""

_OPERATIONS = {
    "acm": ("DescribeCertificate",),
    "cloudformation": ("DescribeStacks",),
    "ec2": (
        "DescribeAvailabilityZones",
        "DescribeInstanceTypeOfferings",
        "DescribeNetworkAcls",
        "DescribeRegions",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcAttribute",
        "DescribeVpcEndpointServices",
        "DescribeVpcEndpoints",
        "DescribeVpcs",
    ),
    "lambda": ("GetAccountSettings", "GetFunctionConcurrency"),
    "sagemaker": ("DescribeEndpoint", "DescribeEndpointConfig", "DescribeModel", "ListEndpoints"),
    "servicequotas": ("GetAWSDefaultServiceQuota", "GetServiceQuota", "ListServiceQuotas"),
    "ssm": ("GetParameter", "GetParametersByPath", "PutParameter"),
}
"""IAM prefix to the operations whose action has the operation's own name."""

_ACTIONS = {
    **{operation: f"{prefix}:{operation}" for prefix, operations in _OPERATIONS.items() for operation in operations},
    # S3 has actions for several operations each, and API Gateway for each HTTP method.
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "CompleteMultipartUpload": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CreateApiKey": "apigateway:POST",
    "CreateUsagePlanKey": "apigateway:POST",
    "DeleteApiKey": "apigateway:DELETE",
    "DeleteUsagePlanKey": "apigateway:DELETE",
    "GetAccount": "apigateway:GET",
    "GetApiKey": "apigateway:GET",
    "GetApiKeys": "apigateway:GET",
    "GetUsage": "apigateway:GET",
    "GetUsagePlanKeys": "apigateway:GET",
    "GetUsagePlans": "apigateway:GET",
    "UpdateApiKey": "apigateway:PATCH",
}
"""Operation to the IAM action that it takes, for the calls that the commands make."""


def code_of(error: ClientError) -> str:
    """ "AccessDenied", "ValidationError" and so on."""
    return str(error.response.get("Error", {}).get("Code", ""))


def missing_action(error: ClientError) -> str:
    """The IAM action that a refused call lacked: as the service's message names it, else by the operation."""
    named = _NAMED_ACTION.search(_message(error))
    return named[1] if named else _ACTIONS.get(error.operation_name, error.operation_name)


def sentence(error: Exception) -> str | None:
    """What is wrong and what to do, or None for an error that is neither AWS's nor boto3's."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        EndpointConnectionError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        SSOError,
        TokenRetrievalError,
        UnauthorizedSSOTokenError,
    )

    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "no AWS credentials were found. Set AWS_PROFILE, or run `aws configure` or `aws sso login`; "
            "or add --local for the AWS that `make local` emulates."
        )
    if isinstance(error, ProfileNotFound):
        return f"{error}. List the available profiles with `aws configure list-profiles`."
    if isinstance(error, SSOError | UnauthorizedSSOTokenError | TokenRetrievalError):
        return f"the AWS sign-in has expired ({error}). Run `aws sso login`."
    if isinstance(error, EndpointConnectionError):
        return f"cannot reach AWS ({error}). Check the network, the proxy and the config's region."
    if isinstance(error, ClientError):
        return _refusal(error)
    return str(error) if isinstance(error, BotoCoreError) else None


@contextmanager
def translate_aws_errors(doing: str, fixes: Mapping[str, str] | None = None) -> Iterator[None]:
    """Turns boto3's errors into CommandError: "DOING: the reason. The fix."

    Args:
        doing: what was being done, such as "reading the keys".
        fixes: by error code ("ParameterNotFound"): what to do about it, a whole sentence.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as error:
        raise CommandError(f"{doing}: {sentence(error)}") from None
    except ClientError as error:
        code = code_of(error)
        fix = (fixes or {}).get(code, "")
        if not fix and code in DENIED:
            fix = f"The caller needs permission for {missing_action(error)}."
        message = _message(error).rstrip(".")
        raise CommandError(f"{doing}: {code}: {message}. {fix}".rstrip()) from None
    except BotoCoreError as error:
        raise CommandError(f"{doing}: {error}") from None


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message") or "")


def _refusal(error: ClientError) -> str:
    code, message = code_of(error), _message(error)
    if code in EXPIRED:
        return f"the AWS credentials have expired ({message}). Run `aws sso login`, or set new ones."
    if code in UNKNOWN_CALLER:
        return f"AWS does not accept these credentials ({code}: {message}). Check `aws sts get-caller-identity`."
    if code in DENIED:
        return f"these credentials may not call {error.operation_name}: {message}"
    return f"{error.operation_name} failed: {code}: {message}"
