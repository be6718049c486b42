"""The section `api`: who may call, from where, and how much."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from falconry.settings.checks import mistake, reject_duplicates
from falconry.settings.section import Name, Principal, Section

_COUNTERPARTS = {
    "iam": "Name the callers: `iam: {principals: [arn:aws:iam::111122223333:role/app]}`.",
    "jwt": "Name the issuer: `jwt: {issuer: https://..., audience: [...]}`.",
}
"""What to write where `auth` is one of these and its section is missing."""


class ClientSettings(Section):
    """An application that calls the API, with its own API key and usage plan."""

    name: Name = Field(description="Lowercase letters, digits and single hyphens; at most 20 characters.")
    rate_per_second: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="Average requests per second. Default: the capacity of the endpoints.",
    )
    burst: int | None = Field(
        default=None, ge=1, le=5_000, description="Maximum burst of requests. Default: the capacity of the endpoints."
    )
    requests_per_month: int | None = Field(
        default=None, ge=1, description="Requests per calendar month. Default: no quota."
    )


class Iam(Section):
    """Callers that sign their requests with AWS credentials (SigV4)."""

    principals: tuple[Principal, ...] = Field(
        min_length=1,
        description="ARNs of the roles, users or accounts that may call, such as `arn:aws:iam::111122223333:role/app`.",
    )


class Jwt(Section):
    """Callers that present a token from an identity provider (OpenID Connect, RS256)."""

    issuer: Annotated[str, Field(pattern=r"^https://[^/\s]+(/[^\s]*)?$")] = Field(
        description="The `iss` claim of the tokens: an https URL that serves `/.well-known/openid-configuration`."
    )
    audience: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1,
        description="Accepted values of the `aud` claim, or of `client_id`, which Cognito's access tokens "
        "have instead.",
    )


class Domain(Section):
    """A custom domain name for the API."""

    name: Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")] = Field(
        description="A domain name in lowercase, such as `falcon.example.com`."
    )
    certificate_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+$")] = Field(
        description="ARN of a certificate in AWS Certificate Manager, in the deployment's region."
    )


class WebAclSettings(Section):
    """AWS WAF in front of the API."""

    enabled: bool = Field(default=True, description="Whether AWS WAF protects the API.")
    requests_per_5_minutes: int = Field(
        default=2_000,
        ge=100,
        le=2_000_000_000,
        description="Requests allowed from one IP address in five minutes; the rest are blocked.",
    )


class Api(Section):
    """Access to the API: who may call, from where, and how much."""

    access: Literal["public", "private"] = Field(
        default="public", description="`public`, or `private`: reachable only through the listed VPC endpoints."
    )
    vpc_endpoint_ids: tuple[Annotated[str, Field(pattern=r"^vpce-[0-9a-f]{8,17}$")], ...] = Field(
        default=(), description="For `access: private`: IDs of execute-api VPC endpoints (`vpce-` and hex digits)."
    )
    auth: Literal["api_key", "iam", "jwt"] = Field(
        default="api_key",
        description="`api_key`: API Gateway keys; `iam`: signed requests; `jwt`: tokens from an issuer.",
    )
    iam: Iam | None = Field(default=None, description="For `auth: iam`.")
    jwt: Jwt | None = Field(default=None, description="For `auth: jwt`.")
    clients: tuple[ClientSettings, ...] = Field(
        default=(),
        max_length=50,
        validate_default=True,
        description="For `auth: api_key`: one entry per client. Default: a single client named `default`.",
    )
    cors_origins: tuple[Annotated[str, Field(pattern=r"^(\*|https?://[^/\s]+)$")], ...] = Field(
        default=(),
        description="Origins of the web pages that may call the API, without a path, such as "
        "`https://app.example.com`.",
    )
    domain: Domain | None = Field(default=None, description="A custom domain name.")
    web_acl: WebAclSettings = Field(default=WebAclSettings(), description="AWS WAF.")
    playground: bool | None = Field(
        default=None,
        description="Whether the API serves a chat page at `/playground`. Anyone who can reach the API can "
        "load it; asking a model requires a key or token. Not available with `auth: iam`. "
        "Default: no, except in `make local`.",
    )

    @field_validator("clients")
    @classmethod
    def _names_differ(cls, clients: tuple[ClientSettings, ...], given: ValidationInfo) -> tuple[ClientSettings, ...]:
        reject_duplicates([client.name for client in clients], "client")
        if not clients and given.data.get("auth") == "api_key":
            return (ClientSettings(name="default"),)
        return clients

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        self._check_access()
        self._check_auth()
        if self.playground and self.auth == "iam":
            raise mistake(
                "is not available with `auth: iam`: a browser cannot sign requests. Remove it, or use `auth: api_key` "
                "or `auth: jwt`.",
                field="playground",
            )
        if "*" in self.cors_origins and len(self.cors_origins) > 1:
            raise mistake(
                "`*` allows every origin and must be the only entry. Remove it, or the others.", field="cors_origins"
            )
        return self

    def _check_access(self) -> None:
        if self.access == "private" and not self.vpc_endpoint_ids:
            raise mistake(
                "is required for `access: private`. List the execute-api VPC endpoints that callers use (vpce-...).",
                field="vpc_endpoint_ids",
            )
        if self.access == "public" and self.vpc_endpoint_ids:
            raise mistake(
                "is only for `access: private`. Remove it, or make the API private.", field="vpc_endpoint_ids"
            )
        if self.access == "private" and self.domain:
            raise mistake(
                "is only for `access: public`: callers reach a private API by its VPC endpoint's name. Remove it.",
                field="domain",
            )

    def _check_auth(self) -> None:
        for auth in ("iam", "jwt"):
            if self.auth == auth and getattr(self, auth) is None:
                raise mistake(f"is required for `auth: {auth}`. {_COUNTERPARTS[auth]}", field=auth)
            if self.auth != auth and getattr(self, auth) is not None:
                raise mistake(
                    f"is only for `auth: {auth}`, but this API has `auth: {self.auth}`. Remove it, or change `auth`.",
                    field=auth,
                )
        if self.auth != "api_key" and self.clients:
            raise mistake(
                f"is only for `auth: api_key`, but this API has `auth: {self.auth}`. Remove it, or change `auth`.",
                field="clients",
            )
