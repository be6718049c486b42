"""Cross-origin resource sharing: which web pages may call the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

ALLOWED_METHODS = "GET,POST,OPTIONS"
ALLOWED_HEADERS = (
    "Authorization,Content-Type,X-Api-Key,X-Amz-Date,X-Amz-Security-Token,X-Amz-Content-Sha256,"
    # OpenAI's JavaScript client identifies itself in every request.
    "X-Stainless-Arch,X-Stainless-Helper-Method,X-Stainless-Lang,X-Stainless-OS,X-Stainless-Package-Version,"
    "X-Stainless-Poll-Helper,X-Stainless-Retry-Count,X-Stainless-Runtime,X-Stainless-Runtime-Version,"
    "X-Stainless-Timeout"
)
EXPOSED_HEADERS = "x-request-id,retry-after,x-should-retry"
MAX_AGE_SECONDS = 7200
"""How long a browser may cache a preflight: Chromium's maximum."""

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"


@dataclass(frozen=True, slots=True)
class Cors:
    """Allowed origins, such as `https://app.example.com`, or only `*` for all."""

    origins: tuple[str, ...]

    def gateway_response_headers(self) -> dict[str, str]:
        """Headers of API Gateway's own answers: name to mapping expression.

        A mapping cannot compare. With several origins the caller's own is echoed: such an answer is an error without
        content, and without this header the page could not even tell its user the status.
        """
        if not self.origins:
            return {}
        origin = "method.request.header.Origin" if len(self.origins) > 1 else f"'{self.origins[0]}'"
        return {_ALLOW_ORIGIN: origin, "Access-Control-Expose-Headers": f"'{EXPOSED_HEADERS}'", "Vary": "'Origin'"}

    def preflight(self) -> apigateway.MockIntegration:
        """An integration that answers OPTIONS with 204, without a function, a key or an authorizer."""
        headers = {
            "Access-Control-Allow-Methods": f"'{ALLOWED_METHODS}'",
            "Access-Control-Allow-Headers": f"'{ALLOWED_HEADERS}'",
            "Access-Control-Max-Age": f"'{MAX_AGE_SECONDS}'",
            "Vary": "'Origin'",
        }
        templates = None
        if len(self.origins) == 1:
            headers[_ALLOW_ORIGIN] = f"'{self.origins[0]}'"
        else:
            templates = {"application/json": _choose_origin(self.origins)}
        return apigateway.MockIntegration(
            request_templates={"application/json": json.dumps({"statusCode": 204})},
            # A browser's preflight has no Content-Type; whatever comes is answered alike.
            passthrough_behavior=apigateway.PassthroughBehavior.WHEN_NO_MATCH,
            integration_responses=[
                apigateway.IntegrationResponse(
                    status_code="204",
                    response_parameters={f"method.response.header.{name}": value for name, value in headers.items()},
                    response_templates=templates,
                )
            ],
        )

    def preflight_responses(self) -> list[apigateway.MethodResponse]:
        """The declaration of the headers that `preflight` sends."""
        names = [_ALLOW_ORIGIN, "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"]
        names += ["Access-Control-Max-Age", "Vary"]
        return [
            apigateway.MethodResponse(
                status_code="204", response_parameters={f"method.response.header.{name}": True for name in names}
            )
        ]


def _choose_origin(origins: Sequence[str]) -> str:
    """A template that echoes the caller's origin if it is one of `origins`, and sends no such header otherwise."""
    known = " || ".join(f'$origin == "{origin}"' for origin in origins)
    return "\n".join(
        (
            # HTTP/2 writes header names in lower case, and this look-up heeds it.
            '#set($origin = $input.params().header.get("origin"))',
            '#if(!$origin) #set($origin = $input.params().header.get("Origin")) #end',
            f"#if({known})",
            f"#set($context.responseOverride.header.{_ALLOW_ORIGIN} = $origin)",
            "#end",
        )
    )
