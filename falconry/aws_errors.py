"""What boto3 raises, as sentences for a person."""

from __future__ import annotations

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

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403")
"""Codes of services that know the caller and refuse him."""

EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
UNKNOWN_CALLER = ("AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException")


def code_of(error: ClientError) -> str:
    """ "AccessDenied", "ValidationError" and so on."""
    return str(error.response.get("Error", {}).get("Code", ""))


def sentence(error: Exception) -> str | None:
    """What is wrong and what to do, or None for what is no error of AWS's or boto3's."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "no AWS credentials were found. Set AWS_PROFILE, or run `aws configure` or `aws sso login`; "
            "or add --local for the AWS that `make local` emulates."
        )
    if isinstance(error, ProfileNotFound):
        return f"{error}. `aws configure list-profiles` lists those there are."
    if isinstance(error, SSOError | UnauthorizedSSOTokenError | TokenRetrievalError):
        return f"the AWS sign-in is over ({error}). Run `aws sso login`."
    if isinstance(error, EndpointConnectionError):
        return f"AWS cannot be reached ({error}). Look at the network, the proxy and the config's region."
    if isinstance(error, ClientError):
        return _refusal(error)
    return str(error) if isinstance(error, BotoCoreError) else None


def _refusal(error: ClientError) -> str:
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in EXPIRED:
        return f"the AWS credentials have expired ({message}). Sign in again: `aws sso login`, or set new ones."
    if code in UNKNOWN_CALLER:
        return f"AWS does not know these credentials ({code}: {message}). `aws sts get-caller-identity` tells more."
    if code in DENIED:
        return f"these credentials may not call {error.operation_name}: {message}"
    return f"{error.operation_name} failed: {code}: {message}"
