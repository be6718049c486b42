"""The sections of a config file and their fields. Each field's description is what the reference page says of it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from falconry.catalog import MODELS, REGIONS
from falconry.settings import checks
from falconry.settings.delivery import Delivery
from falconry.settings.operations import Operations
from falconry.settings.scaling import Scaling, Update, check_update
from falconry.settings.section import Section

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20)]
"""Becomes part of AWS resource names. 20 characters leave room for account and region in an S3 bucket's 63."""

ENDPOINT_NAME_LIMIT = 63
"""SageMaker's limit for an endpoint's name (CreateEndpoint, EndpointName)."""

MAX_STOP_SEQUENCES = 8
"""Stop sequences that a request may carry. OpenAI clients may send 4 and a chat template has up to 3 of its own;
the container's default is 4."""

MAX_TOP_N_TOKENS = 20
"""Likeliest tokens that a request may ask for at each place: OpenAI's limit. The container's default is 5."""

LogRetention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""The days that CloudWatch Logs knows (PutRetentionPolicy)."""


class Model(Section):
    """One model to serve."""

    name: str = Field(description="A model of the catalog, for example `falcon-180b-chat`.")
    instance_type: str = Field(
        default="", description="SageMaker instance type. Default: the one that JumpStart deploys the model on."
    )
    instance_count: int = Field(default=1, ge=1, le=100, description="How many instances stand behind the endpoint.")
    quantize: Literal["bitsandbytes", "bitsandbytes-nf4", "bitsandbytes-fp4", "eetq", "fp8"] | None = Field(
        default=None,
        description="Quantise the bf16 weights while they are loaded: less GPU memory, slower answers. Default: no.",
    )
    environment: dict[str, str] = Field(
        default={}, description="Variables for the container, over JumpStart's. Values are strings, in quotes."
    )
    model_data: Literal["jumpstart", "artifact_bucket"] = Field(
        default="jumpstart",
        description="Where the weights come from: JumpStart's bucket of the region, or this deployment's own artifact "
        "bucket, which `falconry mirror` fills.",
    )
    scaling: Scaling = Field(default=Scaling(), description="How many instances there are when.")
    update: Update = Field(default=Update(), description="How a change takes the place of what serves.")
    neutralize: bool = Field(
        default=True,
        description="Whether role labels at the start of a line (`User:`) and Falcon's special strings lose their "
        "meaning inside messages, so that a text cannot pass itself off as a turn of the conversation.",
    )
    accept_license: bool = Field(
        default=False, description="Says that the licence of the weights was read and accepted. Needed for Falcon 180B."
    )

    @field_validator("name")
    @classmethod
    def _in_catalog(cls, name: str) -> str:
        return checks.one_of(name, MODELS, "a model of the catalog")

    @field_validator("environment")
    @classmethod
    def _environment_fits(cls, environment: dict[str, str]) -> dict[str, str]:
        return checks.environment(environment)

    @model_validator(mode="after")
    def _runs_on_instance_type(self) -> Self:
        if not self.instance_type:
            object.__setattr__(self, "instance_type", MODELS[self.name].default_instance_type)
        checks.fits(self.name, self.instance_type, self.quantize)
        checks.token_limits(self.max_input_tokens, self.max_total_tokens)
        check_update(self.update, self.scaling, self.instance_count)
        return self

    @property
    def most_instances(self) -> int:
        """The most instances that there ever are."""
        return self.scaling.peak(self.instance_count)

    @property
    def max_input_tokens(self) -> int:
        """Tokens that a prompt may have."""
        return int(self.environment.get("MAX_INPUT_LENGTH") or MODELS[self.name].max_input_tokens)

    @property
    def max_total_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""
        return int(self.environment.get("MAX_TOTAL_TOKENS") or MODELS[self.name].max_total_tokens)


class ExistingVpc(Section):
    """A VPC that is there already. It must resolve AWS's names to interface endpoints (private DNS)."""

    vpc_id: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")] = Field(description="`vpc-` and 8 or 17 hex digits.")
    subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")], ...] = Field(
        min_length=2, max_length=16, description="Two subnets or more, in different zones: `subnet-` and hex digits."
    )
    create_endpoints: bool = Field(
        default=True,
        description="Whether to make the VPC endpoints too. false where the VPC has them for S3 and the SageMaker "
        "runtime.",
    )
    route_table_ids: tuple[Annotated[str, Field(pattern=r"^rtb-[0-9a-f]{8,17}$")], ...] = Field(
        default=(), description="Route tables of the subnets, for the S3 gateway endpoint: `rtb-` and hex digits."
    )

    @field_validator("subnet_ids")
    @classmethod
    def _subnets_differ(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        checks.reject_duplicates(ids, "subnet")
        return ids

    @model_validator(mode="after")
    def _routes_for_s3(self) -> Self:
        if self.create_endpoints and not self.route_table_ids:
            raise checks.mistake(
                "is needed for the S3 gateway endpoint. List the subnets' route tables, or write "
                "`create_endpoints: false` if the VPC has its endpoints already.",
                field="route_table_ids",
            )
        return self


class Network(Section):
    """Where models and front run: isolated subnets without a route to the internet, or an existing VPC."""

    cidr: str = Field(default="10.0.0.0/16", description="Address range of the VPC that is made, /16 to /24.")
    zones: int = Field(default=2, ge=2, le=3, description="How many availability zones it spans, 2 or 3.")
    zone_names: tuple[str, ...] = Field(
        default=(),
        max_length=3,
        description="The zones by name, for example [us-east-1a, us-east-1d], where an instance type is not in all of "
        "them.",
    )
    existing: ExistingVpc | None = Field(default=None, description="Use this VPC and make none.")

    @field_validator("cidr")
    @classmethod
    def _private_range(cls, cidr: str) -> str:
        return checks.private_range(cidr)

    @field_validator("zone_names")
    @classmethod
    def _zones_differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        checks.reject_duplicates(names, "zone")
        if len(names) == 1:
            raise checks.mistake("SageMaker wants two zones at least. Name two or three, or none.")
        return names

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = self.model_fields_set - {"existing"}
        if self.existing and given:
            names = " and ".join(f"`{name}`" for name in sorted(given))
            raise checks.mistake(
                f"an existing VPC has its own range and zones. Take out {names}, or take out `existing`.",
                field="existing",
            )
        return self


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

    principals: tuple[Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(root|role/.+|user/.+)$")], ...] = (
        Field(
            min_length=1,
            description="Who may call: ARNs of roles, users or accounts, such as `arn:aws:iam::111122223333:role/app`.",
        )
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
    def _names_differ(cls, clients: tuple[Client, ...]) -> tuple[Client, ...]:
        checks.reject_duplicates([client.name for client in clients], "client")
        return clients

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        checks.api_belongs_together(self)
        if self.auth == "api_key" and not self.clients:
            object.__setattr__(self, "clients", (Client(name="default"),))
        return self


class Settings(Section):
    """One deployment."""

    name: Name = Field(description="Taken from the file's name: config/dev.yaml is the deployment `dev`.")
    region: str = Field(description="AWS region, for example `us-east-1`.")
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = Field(
        default=None,
        description="Twelve digits in quotes. With it, a deploy with another account's credentials stops.",
    )
    models: tuple[Model, ...] = Field(
        min_length=1, description="A list of models, each with an endpoint of its own: `- name: falcon-180b-chat`."
    )
    network: Network = Field(default=Network(), description="Where models and front run.")
    api: Api = Field(default=Api(clients=(Client(name="default"),)), description="Who may call.")
    delivery: Delivery | None = Field(default=None, description="Who may review and deploy it from GitHub.")
    tags: dict[str, str] = Field(default={}, description="Tags for every resource, as `key: value`.")
    log_retention_days: LogRetention = Field(
        default=90,
        description="How long logs are kept, in days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, ...",
    )
    tracing: bool = Field(
        default=True,
        description="Whether AWS X-Ray follows a sample of the requests: times, counts and ids, never text.",
    )
    operations: Operations = Field(default=Operations(), description="Who is told what, when; audit log; budget.")
    retain_data: bool = Field(
        default=True, description="Whether buckets, their keys and audit logs outlive `cdk destroy`."
    )
    termination_protection: bool = Field(
        default=True, description="Whether the stacks refuse to be deleted until this is false."
    )

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str) -> str:
        return checks.one_of(region, REGIONS, "a region with SageMaker's containers")

    @field_validator("models")
    @classmethod
    def _models_differ(cls, models: tuple[Model, ...]) -> tuple[Model, ...]:
        checks.reject_duplicates([model.name for model in models], "model")
        return models

    @field_validator("tags")
    @classmethod
    def _tags_fit(cls, tags: dict[str, str]) -> dict[str, str]:
        return checks.tags(tags)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        checks.zones_are_of_region(self.network.zone_names, self.region)
        for model in self.models:
            length = len(self.endpoint_name(model))
            if length > ENDPOINT_NAME_LIMIT:
                raise checks.mistake(
                    f"The endpoint's name {self.endpoint_name(model)} has {length} characters; SageMaker takes "
                    f"{ENDPOINT_NAME_LIMIT}. Give the file a shorter name."
                )
        return self

    def endpoint_name(self, model: Model) -> str:
        """The SageMaker endpoint that serves `model`.

        It never changes while the deployment lives, but for a change to or from `scale_to_zero`: an endpoint cannot
        become one of the other kind, so the new one is made beside the old.
        """
        return f"falconry-{self.name}-{model.name}" + ("-components" if model.scaling.components else "")

    def component_name(self, model: Model) -> str | None:
        """The inference component of the endpoint, if it has one."""
        return f"falconry-{self.name}-{model.name}" if model.scaling.components else None
