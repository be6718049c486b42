"""The whole config file: one deployment."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from falconry.catalog import REGIONS
from falconry.names import DeploymentNames, component_log_group, endpoint_log_group
from falconry.settings.checks import mistake, one_of, reject_duplicates
from falconry.settings.section import Name, Section
from falconry.settings.sections.api import Api
from falconry.settings.sections.delivery import Delivery
from falconry.settings.sections.model import Model
from falconry.settings.sections.network import Network
from falconry.settings.sections.operations import Operations

ENDPOINT_NAME_LIMIT = 63
"""SageMaker's limit for an endpoint's name (CreateEndpoint, EndpointName)."""

TAG_LIMIT = 40
"""AWS allows 50 per resource; the rest is for Falconry's own."""

TAG_KEY_LIMIT = 128
TAG_VALUE_LIMIT = 256
"""Characters (Tagging Best Practices, "Tag naming limits and requirements")."""

LogRetention = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]
"""The days that CloudWatch Logs knows (PutRetentionPolicy)."""


class Settings(Section):
    """One deployment."""

    name: Name = Field(description="Taken from the file's name: config/dev.yaml is the deployment `dev`.")
    region: str = Field(
        description="AWS region, for example `us-east-1`.", json_schema_extra={"enum": [*sorted(REGIONS)]}
    )
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = Field(
        default=None,
        description="Twelve digits in quotes. If set, deploying with another account's credentials fails.",
    )
    models: tuple[Model, ...] = Field(
        min_length=1, description="The models to serve, each with its own endpoint: `- name: falcon-180b-chat`."
    )
    network: Network = Field(default=Network(), description="The network of models and gateway function.")
    api: Api = Field(default=Api(), description="Access to the API.")
    delivery: Delivery | None = Field(default=None, description="Reviews and deployments from GitHub.")
    tags: dict[str, str] = Field(
        default={},
        description="Tags for every resource, as `key: value`.",
        json_schema_extra={
            "maxProperties": TAG_LIMIT,
            "propertyNames": {"pattern": "^(?![aA][wW][sS]:)", "minLength": 1, "maxLength": TAG_KEY_LIMIT},
            "additionalProperties": {"type": "string", "maxLength": TAG_VALUE_LIMIT},
        },
    )
    log_retention_days: LogRetention = Field(
        default=90,
        description="How long logs are kept, in days that CloudWatch Logs allows: 1, 3, 5, 7, 14, 30, 60, 90, ...",
    )
    tracing: bool = Field(
        default=True,
        description="Whether AWS X-Ray traces a sample of the requests: times, counts and IDs, never text.",
    )
    operations: Operations = Field(default=Operations(), description="Alarms and their recipients, budget, audit log.")
    retain_data: bool = Field(
        default=True, description="Whether buckets, their keys and audit logs are kept on `cdk destroy`."
    )
    termination_protection: bool = Field(
        default=True, description="Whether the stacks refuse to be deleted while this is true."
    )

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str) -> str:
        return one_of(region, REGIONS, "a region with SageMaker's containers")

    @field_validator("models")
    @classmethod
    def _models_differ(cls, models: tuple[Model, ...]) -> tuple[Model, ...]:
        reject_duplicates([model.name for model in models], "model")
        return models

    @field_validator("tags")
    @classmethod
    def _tags_fit(cls, tags: dict[str, str]) -> dict[str, str]:
        for key, value in tags.items():
            if key.lower().startswith("aws:"):
                raise mistake(f"{key!r}: AWS reserves tags that begin with `aws:`. Use another key.", field=key)
            if not 1 <= len(key) <= TAG_KEY_LIMIT or len(value) > TAG_VALUE_LIMIT:
                raise mistake("a tag's key must have 1 to 128 characters, its value at most 256.", field=key)
        if len(tags) > TAG_LIMIT:
            raise mistake(f"{len(tags)} tags: AWS allows 50 per resource, and Falconry adds its own. Use at most 40.")
        return tags

    @model_validator(mode="after")
    def _whole(self) -> Self:
        self._check_zones()
        self._check_endpoint_names()
        return self

    def _check_zones(self) -> None:
        region = self.region
        for name in self.network.zone_names:
            if not (name.startswith(region) and len(name) == len(region) + 1 and name[-1].isalpha()):
                raise mistake(
                    f"{name!r} is not a zone of {region}. Its zones are named {region}a, {region}b and so on.",
                    field="network.zone_names",
                )

    def _check_endpoint_names(self) -> None:
        for model in self.models:
            length = len(self.endpoint_name(model))
            if length > ENDPOINT_NAME_LIMIT:
                raise mistake(
                    f"the endpoint name {self.endpoint_name(model)} has {length} characters; SageMaker allows "
                    f"{ENDPOINT_NAME_LIMIT}. Use a shorter file name."
                )

    @property
    def names(self) -> DeploymentNames:
        """The names of the deployment's resources."""
        return DeploymentNames(self.name)

    def endpoint_name(self, model: Model) -> str:
        """The SageMaker endpoint that serves `model`.

        It never changes while the deployment lives, but for a change to or from `scale_to_zero`: an endpoint cannot
        become one of the other kind, so the new one is made beside the old.
        """
        return self.names.endpoint(model.name, components=model.scaling.components)

    def component_name(self, model: Model) -> str | None:
        """The inference component of the endpoint, if it has one."""
        return self.names.component(model.name) if model.scaling.components else None

    def model_log_group(self, model: Model) -> str:
        """The log group to which SageMaker writes what the model's containers print."""
        component = self.component_name(model)
        return component_log_group(component) if component else endpoint_log_group(self.endpoint_name(model))
