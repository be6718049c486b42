"""How the API's methods authenticate callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from aws_cdk import aws_apigateway as apigateway

from constructs_lib.api.gateway_responses import Credentials


class MethodAuth(TypedDict):
    """The arguments of `add_method` that say who may call."""

    authorization_type: apigateway.AuthorizationType | None
    authorizer: apigateway.IAuthorizer | None
    api_key_required: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """What a method requires before it calls the gateway function.

    Attributes:
        authorizer: a Lambda authorizer, or None.
        signed: whether requests carry an AWS signature (SigV4).
        api_key: whether requests need a key of a usage plan, which the authorizer passes on.
    """

    authorizer: apigateway.IAuthorizer | None = None
    signed: bool = False
    api_key: bool = False

    @property
    def credentials(self) -> Credentials:
        """How callers authenticate."""
        if self.signed:
            return "signature"
        return "api_key" if self.api_key else "token"

    def method_options(self) -> MethodAuth:
        """Options of a method that only admitted requests reach. Raises ValueError if anybody could call."""
        if self.authorizer is None and not self.signed:
            raise ValueError("authorizer: None: without an authorizer and without signatures anybody could call")
        return {
            "authorization_type": apigateway.AuthorizationType.IAM if self.signed else None,
            "authorizer": self.authorizer,
            "api_key_required": self.api_key,
        }
