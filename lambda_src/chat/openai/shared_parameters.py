"""Fields that the bodies of both of OpenAI's routes have, with three more that Falcon's users know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chat.errors import ApiError, ErrorKind
from chat.features import Feature
from chat.models import DeployedModel, Models
from chat.parameters import Checked, Parameter, check
from chat.serving.container import GenerationParameters, RegexFormat, SchemaFormat

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
        needs=Feature.FREQUENCY_PENALTY,
        description="Above 0, tokens become less likely the more often they are already there.",
    ),
    Parameter(
        name="presence_penalty",
        types=("number",),
        minimum=-2,
        maximum=2,
        neutral=(0,),
        needs=Feature.PRESENCE_PENALTY,
        without="has no such penalty. Use repetition_penalty.",
        description="Above 0, tokens become less likely once they are there.",
    ),
    Parameter(
        name="n",
        types=("integer",),
        minimum=1,
        maximum=128,
        description="How many answers to generate, side by side.",
    ),
    # Parameters that OpenAI does not have.
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
    Parameter(name="user", types=("string",), description="Accepted and ignored."),
    Parameter(
        name="logit_bias",
        types=("object",),
        neutral=({},),
        needs=Feature.LOGIT_BIAS,
        without="cannot bias tokens.",
        description="Makes tokens more or less likely.",
    ),
)


STREAM_OPTIONS = (
    Parameter(name="include_usage", types=("boolean",), description="Send a last chunk with the token counts."),
    Parameter(name="include_obfuscation", types=("boolean",), description="Without effect: chunks are not padded."),
)


def model_of(body: Mapping[str, object], models: Models) -> DeployedModel:
    """The model that `body` names. It decides what else the body may hold, so it is looked up before the rest is
    checked. Raises ApiError."""
    name = body.get("model")
    if not isinstance(name, str):
        check(MODEL, {"model": name})
    return models.get(str(name))


def includes_usage(given: Checked) -> bool:
    """Whether a stream is to end with the token counts. Raises ApiError for options without a stream."""
    options = given.mapping("stream_options")
    if options is None:
        return False
    if not given.flag("stream"):
        raise ApiError(
            ErrorKind.INVALID_VALUE, "stream_options is only allowed when stream is true.", param="stream_options"
        )
    return check(STREAM_OPTIONS, options, prefix="stream_options.").flag("include_usage")


def generation_parameters(
    given: Checked,
    *,
    stops: Sequence[str] = (),
    top_logprobs: int,
    top_logprobs_param: str,
    response_format: SchemaFormat | RegexFormat | None = None,
) -> GenerationParameters:
    """How to generate, by the fields of SHARED; `stops` are the template's own."""
    return GenerationParameters(
        temperature=given.number("temperature"),
        top_p=given.number("top_p"),
        top_k=given.integer("top_k"),
        typical_p=given.number("typical_p"),
        repetition_penalty=given.number("repetition_penalty"),
        frequency_penalty=given.number("frequency_penalty"),
        presence_penalty=given.number("presence_penalty"),
        logit_bias=given.mapping("logit_bias"),
        prediction=given.mapping("prediction"),
        seed=given.integer("seed"),
        stops=tuple(dict.fromkeys([*stops, *given.texts("stop")])),
        top_logprobs=top_logprobs,
        top_logprobs_param=top_logprobs_param,
        response_format=response_format,
    )
