"""API Gateway's own error responses, for requests that do not reach the gateway function: OpenAI's error object.

The codes are rows of falconry/error_codes.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Literal

from aws_cdk import aws_apigateway as apigateway

from constructs_lib.api.routes import ROUTES

Type = apigateway.ResponseType

_LISTED = ", ".join(f"{method} {path}" for method, path in ROUTES)
_UNKNOWN_ROUTE = f"There is no such route. Known: {_LISTED}."


@dataclass(frozen=True, slots=True)
class GatewayErrorResponse:
    """One row: API Gateway's response type, and the status, type, code and message that the client gets.

    `message` None passes on API Gateway's own sentence.
    """

    response_type: apigateway.ResponseType
    status: int | None
    error_type: str
    code: str | None
    message: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def template(self) -> str:
        """The mapping template of the JSON body."""
        own_words = "$context.error.message"
        body = {
            "error": {
                "message": self.message or own_words,
                "type": self.error_type,
                "param": None,
                "code": self.code,
            }
        }
        # messageString is API Gateway's sentence with its quotation marks, escaped as JSON.
        return json.dumps(body).replace(json.dumps(own_words), "$context.error.messageString")

    def response_headers(self) -> dict[str, str]:
        """Headers for `RestApi.add_gateway_response`: names to quoted values or context variables."""
        quoted = {name: f"'{value}'" for name, value in self.headers.items()}
        return {"x-request-id": "context.requestId", **quoted}


NO_RETRY = {"x-should-retry": "false"}
"""Keeps OpenAI's clients from retrying by themselves."""

GATEWAY_ERRORS = (
    GatewayErrorResponse(
        Type.UNAUTHORIZED,
        401,
        "invalid_request_error",
        "missing_api_key",
        "No API key was sent. Send it as the header `Authorization: Bearer YOUR_KEY`.",
    ),
    GatewayErrorResponse(
        Type.INVALID_API_KEY,
        401,
        "invalid_request_error",
        "invalid_api_key",
        "The API key is unknown or disabled. Ask the API's operator for a key.",
    ),
    GatewayErrorResponse(
        Type.ACCESS_DENIED,
        403,
        "permission_error",
        "access_denied",
        "Not authorized.",
    ),
    GatewayErrorResponse(Type.EXPIRED_TOKEN, 401, "invalid_request_error", "expired_token"),
    GatewayErrorResponse(Type.INVALID_SIGNATURE, 401, "invalid_request_error", "invalid_signature"),
    GatewayErrorResponse(
        Type.MISSING_AUTHENTICATION_TOKEN, 404, "invalid_request_error", "unknown_route", _UNKNOWN_ROUTE
    ),
    GatewayErrorResponse(Type.RESOURCE_NOT_FOUND, 404, "invalid_request_error", "unknown_route", _UNKNOWN_ROUTE),
    GatewayErrorResponse(
        Type.REQUEST_TOO_LARGE,
        413,
        "invalid_request_error",
        "request_too_large",
        "The request exceeds API Gateway's limit of 10 MB. Send a shorter prompt.",
    ),
    GatewayErrorResponse(
        Type.THROTTLED,
        429,
        "rate_limit_error",
        "rate_limit_exceeded",
        "Too many requests for this key. Try again in a second.",
        {"Retry-After": "1"},
    ),
    GatewayErrorResponse(
        Type.QUOTA_EXCEEDED,
        429,
        "insufficient_quota",
        "insufficient_quota",
        "This key's quota is used up. Wait for the next period, or ask the API's operator for more.",
        NO_RETRY,
    ),
    # The integration answers late or not at all while it may still generate: sending the request again would
    # generate twice.
    GatewayErrorResponse(
        Type.INTEGRATION_TIMEOUT,
        504,
        "server_error",
        "timeout",
        "The answer did not begin in time. Request fewer tokens, or try again later.",
        NO_RETRY,
    ),
    GatewayErrorResponse(
        Type.INTEGRATION_FAILURE,
        502,
        "server_error",
        "front_failed",
        "The request failed before the answer began. Try again; if it persists, give the request id to the operator.",
        NO_RETRY,
    ),
    GatewayErrorResponse(Type.DEFAULT_4_XX, None, "invalid_request_error", None),
    GatewayErrorResponse(Type.DEFAULT_5_XX, None, "server_error", "gateway_error", None, NO_RETRY),
)
"""Every answer of API Gateway's own. Response types: API Gateway developer guide, "Gateway response types"."""

Credentials = Literal["api_key", "signature", "token"]
"""How callers authenticate: with a usage plan's key, AWS's signature (SigV4), or an identity provider's token."""

_BY_CREDENTIALS: dict[Credentials, tuple[GatewayErrorResponse, ...]] = {
    "api_key": (),
    # API Gateway does not tell an unsigned request from one without a route.
    "signature": (
        GatewayErrorResponse(
            Type.MISSING_AUTHENTICATION_TOKEN,
            403,
            "invalid_request_error",
            "missing_signature",
            "The request is not signed with AWS credentials (SigV4, service execute-api), or there is no such route. "
            f"Known: {_LISTED}.",
        ),
    ),
    # API Gateway does not tell a missing token from one that the authorizer rejected.
    "token": (
        GatewayErrorResponse(
            Type.UNAUTHORIZED,
            401,
            "invalid_request_error",
            "invalid_token",
            "The token is missing, expired, or not from this issuer and for this audience. "
            "Send a new one as the header `Authorization: Bearer YOUR_TOKEN`.",
        ),
    ),
}
"""Answers that differ for callers with these credentials."""


def gateway_errors(credentials: Credentials) -> tuple[GatewayErrorResponse, ...]:
    """The answers of an API whose callers use these credentials."""
    # By their names: the CDK makes a new object each time that it is asked for one of its types.
    own = {error.response_type.response_type: error for error in _BY_CREDENTIALS[credentials]}
    return tuple(own.get(error.response_type.response_type, error) for error in GATEWAY_ERRORS)
