"""Fields that the bodies of both of OpenAI's routes have, with three of TGI's that Falcon's users know."""

from __future__ import annotations

from collections.abc import Mapping

from chat.models import DeployedModel, Models
from chat.parameters import Parameter, check

MODEL = (Parameter(name="model", types=("string",), required=True, description="The name of a deployed model."),)

SHARED = (
    Parameter(
        name="stream", types=("boolean",), description="Send the answer as server-sent events, as it is generated."
    ),
    Parameter(name="stream_options", types=("object",), description="Only with stream."),
    Parameter(
        name="temperature",
        types=("number",),
        minimum=0,
        maximum=2,
        description="How random sampling is; 0 takes the likeliest.",
    ),
    Parameter(
        name="top_p",
        types=("number",),
        minimum=0,
        maximum=1,
        neutral=(1,),
        description="Sample from the likeliest tokens whose probabilities add up to this.",
    ),
    Parameter(
        name="stop",
        types=("string", "array"),
        items="string",
        max_items=4,
        min_length=1,
        description="Texts that end the answer. They are not part of it.",
    ),
    Parameter(
        name="seed", types=("integer",), minimum=-(2**63), maximum=2**63 - 1, description="Makes sampling repeatable."
    ),
    Parameter(
        name="frequency_penalty",
        types=("number",),
        minimum=-2,
        maximum=2,
        neutral=(0,),
        since="1.4.1",
        description="Above 0, tokens become less likely the more often they are already there.",
    ),
    Parameter(
        name="presence_penalty",
        types=("number",),
        minimum=-2,
        maximum=2,
        neutral=(0,),
        unsupported="text-generation-inference has no such penalty. Use repetition_penalty.",
        description="Only 0.",
    ),
    Parameter(
        name="n",
        types=("integer",),
        minimum=1,
        maximum=128,
        description="How many answers to generate, side by side.",
    ),
    # Parameters of TGI that OpenAI does not have.
    Parameter(
        name="top_k",
        types=("integer",),
        minimum=1,
        maximum=2**31 - 1,
        description="Sample from the k likeliest tokens.",
    ),
    Parameter(
        name="typical_p",
        types=("number",),
        exclusive_minimum=0,
        maximum=1,
        neutral=(1,),
        description="Typical sampling.",
    ),
    Parameter(
        name="repetition_penalty",
        types=("number",),
        exclusive_minimum=0,
        neutral=(1,),
        description="Above 1, tokens that are already there become less likely.",
    ),
    Parameter(name="user", types=("string",), description="Taken and not used."),
    Parameter(
        name="logit_bias",
        types=("object",),
        neutral=({},),
        unsupported="text-generation-inference cannot bias tokens.",
        description="Only {}.",
    ),
)


def model_of(body: Mapping[str, object], models: Models) -> DeployedModel:
    """The model that `body` names. It decides what else the body may hold, so it is looked up before the rest is
    checked. Raises ApiError."""
    name = body.get("model")
    if not isinstance(name, str):
        check(MODEL, {"model": name})
    return models.get(str(name))
