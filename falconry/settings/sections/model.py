"""The section `models[]`: one model to serve."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from falconry.catalog import INSTANCE_TYPES, MODELS, QUANTIZATIONS, Container, unsupported_reason
from falconry.settings.checks import mistake, one_of
from falconry.settings.section import Section
from falconry.settings.sections.scaling import Scaling
from falconry.settings.sections.update import Update, check_update

ENVIRONMENT_LIMIT = 1024
"""Characters of one value (CreateModel, EnvironmentMap)."""

MAX_STOP_SEQUENCES = 8
"""Stop sequences that a request may carry. OpenAI clients may send 4 and a chat template has up to 3 of its own;
the container's default is 4."""

MAX_TOP_LOGPROBS = 20
"""Likeliest tokens that a request may ask for at each place: OpenAI's limit. The container's default is 5."""


class Model(Section):
    """One model to serve."""

    name: str = Field(
        description="A model in the catalog, for example `falcon-180b-chat`.", json_schema_extra={"enum": list(MODELS)}
    )
    instance_type: str = Field(
        default="",
        validate_default=True,
        description="SageMaker instance type. Default: the one that JumpStart deploys the model on.",
        json_schema_extra={"enum": list(INSTANCE_TYPES)},
    )
    instance_count: int = Field(default=1, ge=1, le=100, description="Number of instances behind the endpoint.")
    quantize: str | None = Field(
        default=None,
        description="Quantize the bf16 weights while they are loaded: less GPU memory, slower answers. Default: no.",
        json_schema_extra={"enum": [*QUANTIZATIONS, None]},
    )
    environment: dict[str, str] = Field(
        default={},
        description="Environment variables for the container, which override JumpStart's. Values are strings, "
        "in quotes.",
        json_schema_extra={
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {"type": "string", "maxLength": ENVIRONMENT_LIMIT},
        },
    )
    model_data: Literal["jumpstart", "artifact_bucket"] = Field(
        default="jumpstart",
        description="Source of the weights: JumpStart's bucket in the region, or this deployment's own "
        "artifact bucket, which `falconry mirror` fills.",
    )
    scaling: Scaling = Field(default=Scaling(), description="The number of instances, by load or by schedule.")
    update: Update = Field(default=Update(), description="How a change replaces what is running.")
    neutralize: bool = Field(
        default=True,
        description="Whether role labels at the start of a line (`User:`) and Falcon's special strings are "
        "neutralized in messages, so that text cannot pose as a turn of the conversation.",
    )
    accept_license: bool = Field(
        default=False,
        description="Confirms that the license of the weights was read and accepted. Required for Falcon 180B.",
    )

    @field_validator("name")
    @classmethod
    def _in_catalog(cls, name: str) -> str:
        return one_of(name, MODELS, "a model in the catalog")

    @field_validator("instance_type")
    @classmethod
    def _default_of_model(cls, instance_type: str, given: ValidationInfo) -> str:
        # The name is missing here where it was refused itself.
        name = given.data.get("name")
        return MODELS[name].default_instance_type if name and not instance_type else instance_type

    @field_validator("quantize", mode="before")
    @classmethod
    def _known_quantization(cls, quantize: object) -> object:
        return None if quantize is None else one_of(quantize, QUANTIZATIONS, "a quantization in the catalog")

    @field_validator("environment")
    @classmethod
    def _environment_fits(cls, environment: dict[str, str], given: ValidationInfo) -> dict[str, str]:
        name = given.data.get("name")
        for variable, value in environment.items():
            _check_variable(variable, value)
            if name:
                _check_use(MODELS[name].container, variable, value)
        return environment

    @model_validator(mode="after")
    def _runs_on_instance_type(self) -> Self:
        self._check_fit()
        self._check_token_limits()
        check_update(self.update, self.scaling, self.min_instances)
        return self

    def _check_fit(self) -> None:
        reason = unsupported_reason(self.name, self.instance_type, self.quantize)
        if reason is not None:
            fits_otherwise = self.quantize is not None and unsupported_reason(self.name, self.instance_type) is None
            raise mistake(reason, field="quantize" if fits_otherwise else "instance_type")

    def _check_token_limits(self) -> None:
        if self.max_input_tokens >= self.max_total_tokens:
            limits = self.container.variables
            raise mistake(
                f"prompts of {self.max_input_tokens} tokens ({limits.max_input_tokens}) leave no room for an answer: "
                f"the total is {self.max_total_tokens} ({limits.max_total_tokens}). Lower the first, or raise the "
                "second.",
                field="environment",
            )

    @property
    def instance_bounds(self) -> tuple[int, int]:
        """The fewest and the most instances, outside of any schedule."""
        return self.scaling.bounds(self.instance_count)

    @property
    def min_instances(self) -> int:
        """The fewest instances at any time."""
        return min([self.instance_bounds[0], *(one.min_instances for one in self.scaling.schedules)])

    @property
    def max_instances(self) -> int:
        """The most instances at any time."""
        return max([self.instance_bounds[1], *(one.max_instances for one in self.scaling.schedules)])

    @property
    def container(self) -> Container:
        """The container that serves the model."""
        return MODELS[self.name].container

    @property
    def shards(self) -> int:
        """Number of the instance's GPUs that the model is split over."""
        return MODELS[self.name].shards(self.instance_type)

    @property
    def max_input_tokens(self) -> int:
        """Tokens that a prompt may have."""
        return self._limit(self.container.variables.max_input_tokens) or MODELS[self.name].max_input_tokens

    @property
    def max_total_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self._limit(self.container.variables.max_total_tokens) or MODELS[self.name].max_total_tokens

    @property
    def concurrent_requests(self) -> int:
        """Concurrent requests that an instance accepts before it rejects more as overloaded."""
        return self._limit(self.container.variables.concurrent_requests) or self.container.concurrent_requests

    def _limit(self, variable: str | None) -> int | None:
        """The number that the config gives the container in `variable`, if any."""
        value = self.environment.get(variable) if variable else None
        return int(value) if value else None


def _check_variable(name: str, value: str) -> None:
    """Raise a mistake where SageMaker refuses the variable."""
    if not name.replace("_", "").isalnum() or not name.isascii() or name[0].isdigit():
        raise mistake(f"{name!r} is not a valid variable name. Use letters, digits and underscores, no digit first.")
    if len(value) > ENVIRONMENT_LIMIT:
        raise mistake(
            f"the value of {name} has {len(value)} characters; SageMaker allows {ENVIRONMENT_LIMIT}.", field=name
        )


def _check_use(container: Container, name: str, value: str) -> None:
    """Raise a mistake where Falconry sets the variable itself, or where its container refuses the value."""
    variables = container.variables
    if name in variables.reserved:
        remedy = "Use the field `quantize`." if name == variables.quantize else "Remove it."
        raise mistake(f"Falconry sets {name} itself, from the model and its other settings. {remedy}", field=name)
    if name in container.renamed_variables:
        older = container.renamed_variables[name]
        raise mistake(
            f"the container already has this limit under its older name, and refuses both. Use {older}.", field=name
        )
    unit = variables.counts.get(name)
    if unit and not (value.isdecimal() and int(value) > 0):
        raise mistake(f'{value!r} is not a number of {unit}. Use a number in quotes, such as "128".', field=name)
