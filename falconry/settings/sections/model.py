"""The section `models[]`: one model to serve."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from falconry.catalog import INSTANCE_TYPES, MODELS, why_not
from falconry.settings.checks import mistake, one_of
from falconry.settings.section import Section
from falconry.settings.sections.scaling import Scaling
from falconry.settings.sections.update import Update, check_update

ENVIRONMENT_LIMIT = 1024
"""Characters of one value (CreateModel, EnvironmentMap)."""

RESERVED_VARIABLES = ("HF_MODEL_ID", "HF_MODEL_QUANTIZE", "MAX_STOP_SEQUENCES", "MAX_TOP_N_TOKENS", "SM_NUM_GPUS")
"""What other settings decide, or what must stay as the image and its weights want it."""

_NUMBERS = {"MAX_CONCURRENT_REQUESTS": "requests", "MAX_INPUT_LENGTH": "tokens", "MAX_TOTAL_TOKENS": "tokens"}
"""Variables that Falconry reads too, and what they count."""

MAX_STOP_SEQUENCES = 8
"""Stop sequences that a request may carry. OpenAI clients may send 4 and a chat template has up to 3 of its own;
the container's default is 4."""

MAX_TOP_N_TOKENS = 20
"""Likeliest tokens that a request may ask for at each place: OpenAI's limit. The container's default is 5."""


class Model(Section):
    """One model to serve."""

    name: str = Field(
        description="A model of the catalog, for example `falcon-180b-chat`.", json_schema_extra={"enum": list(MODELS)}
    )
    instance_type: str = Field(
        default="",
        validate_default=True,
        description="SageMaker instance type. Default: the one that JumpStart deploys the model on.",
        json_schema_extra={"enum": list(INSTANCE_TYPES)},
    )
    instance_count: int = Field(default=1, ge=1, le=100, description="How many instances stand behind the endpoint.")
    quantize: Literal["bitsandbytes", "bitsandbytes-nf4", "bitsandbytes-fp4", "eetq", "fp8"] | None = Field(
        default=None,
        description="Quantise the bf16 weights while they are loaded: less GPU memory, slower answers. Default: no.",
    )
    environment: dict[str, str] = Field(
        default={},
        description="Variables for the container, over JumpStart's. Values are strings, in quotes.",
        json_schema_extra={
            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
            "additionalProperties": {"type": "string", "maxLength": ENVIRONMENT_LIMIT},
        },
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
        return one_of(name, MODELS, "a model of the catalog")

    @field_validator("instance_type")
    @classmethod
    def _default_of_model(cls, instance_type: str, given: ValidationInfo) -> str:
        # The name is missing here where it was refused itself.
        name = given.data.get("name")
        return MODELS[name].default_instance_type if name and not instance_type else instance_type

    @field_validator("environment")
    @classmethod
    def _environment_fits(cls, environment: dict[str, str]) -> dict[str, str]:
        for name, value in environment.items():
            _check_variable(name, value)
        return environment

    @model_validator(mode="after")
    def _runs_on_instance_type(self) -> Self:
        self._check_fit()
        self._check_token_limits()
        check_update(self.update, self.scaling, self.instance_count)
        return self

    def _check_fit(self) -> None:
        reason = why_not(self.name, self.instance_type, self.quantize)
        if reason is not None:
            fits_otherwise = self.quantize is not None and why_not(self.name, self.instance_type) is None
            raise mistake(reason, field="quantize" if fits_otherwise else "instance_type")

    def _check_token_limits(self) -> None:
        if self.max_input_tokens >= self.max_total_tokens:
            raise mistake(
                f"prompts may have {self.max_input_tokens} tokens (MAX_INPUT_LENGTH), and prompt and answer together "
                f"{self.max_total_tokens} (MAX_TOTAL_TOKENS): no room for an answer is left. Raise the second or "
                "lower the first.",
                field="environment",
            )

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


def _check_variable(name: str, value: str) -> None:
    """Raises a mistake where SageMaker refuses the variable, or where it is another setting's business."""
    if not name.replace("_", "").isalnum() or not name.isascii() or name[0].isdigit():
        raise mistake(f"{name!r} is not a variable's name: letters, digits and underscores, no digit first.")
    if name in RESERVED_VARIABLES:
        mend = "Use the setting `quantize`." if name == "HF_MODEL_QUANTIZE" else "Take it out."
        raise mistake(f"{name} is set by Falconry to what model and instance type need. {mend}", field=name)
    if name == "MAX_INPUT_TOKENS":
        raise mistake(
            "the container has this limit by its older name, and takes one of them only. Set MAX_INPUT_LENGTH.",
            field=name,
        )
    if name in _NUMBERS and not (value.isdecimal() and int(value) > 0):
        raise mistake(f'{value!r} is not a number of {_NUMBERS[name]}. Write one in quotes, such as "128".', field=name)
    if len(value) > ENVIRONMENT_LIMIT:
        raise mistake(
            f"the value of {name} has {len(value)} characters; SageMaker takes {ENVIRONMENT_LIMIT}.", field=name
        )
