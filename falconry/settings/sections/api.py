"""The section `api`: who may call, from where, and how much."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from falconry.settings.checks import mistake, reject_duplicates
from falconry.settings.section import Name, Principal, Section

_COUNTERPARTS = {
    "iam": "Say who may call: `iam: {principals: [arn:aws:iam::111122223333:role/app]}`.",
    "jwt": "Say whose tokens count: `jwt: {issuer: https://..., audience: [...]}`.",
}
"""What to write where `auth` is one of these and its section is missing."""


class Client(Section):
    """One application that calls the API: it gets its own key and usage plan."""

    name: Name = Field(description="Lower case letters, digits and single hyphens, at most 20 characters.")
    rate_per_second: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="Requests per second, on average. Default: what the endpoints can hold.",
    )
    burst: int | None = Field(
        default=None, ge=1, le=5_000, description="Requests at once. Default: what the endpoints can hold."
    )
    requests_per_month: int | None = Field(default=None, ge=1, description="Quota per calendar month; none by default.")


class Iam(Section):
    """Callers that sign their requests with AWS credentials (SigV4)."""

    principals: tuple[Principal, ...] = Field(
        min_length=1,
        description="Who may call: ARNs of roles, users or accounts, such as `arn:aws:iam::111122223333:role/app`.",
    )


class Jwt(Section):
    """Callers that bring a token of an identity provider (OpenID Connect, RS256)."""

    issuer: Annotated[str, Field(pattern=r"^https://[^/\s]+(/[^\s]*)?$")] = Field(
        description="The `iss` of the tokens: an https URL, below which `/.well-known/openid-configuration` is."
    )
    audience: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1, description="Accepted values of `aud` (or of `client_id`, which Cognito's access tokens have)."
    )


class Domain(Section):
    """A custom domain name for the API."""

    name: Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$")] = Field(
        description="A domain name in lower case, such as `falcon.example.com`."
    )
    certificate_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/.+$")] = Field(
        description="A certificate of AWS Certificate Manager in the deployment's region, by its ARN."
    )


class WebAcl(Section):
    """AWS WAF in front of the API."""

    enabled: bool = Field(default=True, description="Whether there is one.")
    requests_per_5_minutes: int = Field(
        default=2_000,
        ge=100,
        le=2_000_000_000,
        description="Requests from one address in five minutes; more are blocked.",
    )


class Api(Section):
    """Who may call, from where, and how much."""

    access: Literal["public", "private"] = Field(
        default="public", description="`public`, or `private`: reachable through the named VPC endpoints only."
    )
    vpc_endpoint_ids: tuple[Annotated[str, Field(pattern=r"^vpce-[0-9a-f]{8,17}$")], ...] = Field(
        default=(), description="For `access: private`: execute-api VPC endpoints, `vpce-` and hex digits."
    )
    auth: Literal["api_key", "iam", "jwt"] = Field(
        default="api_key",
        description="`api_key`: keys of API Gateway; `iam`: signed requests; `jwt`: tokens of an issuer.",
    )
    iam: Iam | None = Field(default=None, description="For `auth: iam`.")
    jwt: Jwt | None = Field(default=None, description="For `auth: jwt`.")
    clients: tuple[Client, ...] = Field(
        default=(),
        max_length=50,
        validate_default=True,
        description="For `auth: api_key`: one entry a client. Default: one client called `default`.",
    )
    cors_origins: tuple[Annotated[str, Field(pattern=r"^(\*|https?://[^/\s]+)$")], ...] = Field(
        default=(), description="Origins of web pages that may call, such as `https://app.example.com`, without a path."
    )
    domain: Domain | None = Field(default=None, description="A custom domain name.")
    web_acl: WebAcl = Field(default=WebAcl(), description="AWS WAF.")
    playground: bool | None = Field(
        default=None,
        description="Whether the API serves a chat page at `/playground`. Everybody who reaches the API can load it; "
        "to ask a model takes a key or token. Not for `auth: iam`. Default: no, but `make local` serves it.",
    )

    @field_validator("clients")
    @classmethod
    def _names_differ(cls, clients: tuple[Client, ...], given: ValidationInfo) -> tuple[Client, ...]:
        reject_duplicates([client.name for client in clients], "client")
        if not clients and given.data.get("auth") == "api_key":
            return (Client(name="default"),)
        return clients

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        self._check_access()
        self._check_auth()
        if self.playground and self.auth == "iam":
            raise mistake(
                "is for keys and tokens, which a user types; a browser cannot sign requests, as `auth: iam` asks. Take "
                "it out, or choose `auth: api_key` or `auth: jwt`.",
                field="playground",
            )
        if "*" in self.cors_origins and len(self.cors_origins) > 1:
            raise mistake("`*` means every origin and stands alone. Take it or the others out.", field="cors_origins")
        return self

    def _check_access(self) -> None:
        if self.access == "private" and not self.vpc_endpoint_ids:
            raise mistake(
                "is needed for `access: private`. List the execute-api VPC endpoints that callers come through "
                "(vpce-...).",
                field="vpc_endpoint_ids",
            )
        if self.access == "public" and self.vpc_endpoint_ids:
            raise mistake(
                "is only for `access: private`. Take it out, or make the API private.", field="vpc_endpoint_ids"
            )
        if self.access == "private" and self.domain:
            raise mistake(
                "is only for `access: public`. Callers reach a private API by its endpoint's name.", field="domain"
            )

    def _check_auth(self) -> None:
        for auth in ("iam", "jwt"):
            if self.auth == auth and getattr(self, auth) is None:
                raise mistake(f"is needed for `auth: {auth}`. {_COUNTERPARTS[auth]}", field=auth)
            if self.auth != auth and getattr(self, auth) is not None:
                raise mistake(
                    f"is only for `auth: {auth}`; this API has `auth: {self.auth}`. Take one out.", field=auth
                )
        if self.auth != "api_key" and self.clients:
            raise mistake(
                f"are API keys and only for `auth: api_key`; this API has `auth: {self.auth}`. Take one out.",
                field="clients",
            )
