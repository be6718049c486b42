"""The payload of POST /models/{model}: TGI's own, the announcement's fifteen parameters and those that came later.

Ranges are TGI's (router/src/validation.rs, tags v1.4.0 to v2.4.0). Limits that depend on the deployment (MAX_BEST_OF,
tokens) and rules between parameters are left to TGI, which names them itself.
"""

from __future__ import annotations

from chat.parameters import Parameter

_U32, _U64 = 2**32 - 1, 2**64 - 1

NATIVE_BODY = (
    Parameter(
        name="inputs",
        types=("string",),
        required=True,
        nullable=False,
        min_length=1,
        description="The text to continue.",
    ),
    Parameter(name="parameters", types=("object",), nullable=False, description="How to generate."),
    Parameter(name="stream", types=("boolean",), nullable=False, description="Send tokens as they are generated."),
)

NATIVE_PARAMETERS = (
    Parameter(
        name="best_of",
        types=("integer",),
        minimum=1,
        maximum=_U32,
        description="Generate several, return the likeliest.",
    ),
    Parameter(
        name="decoder_input_details", types=("boolean",), nullable=False, description="Return the tokens of the prompt."
    ),
    Parameter(
        name="details", types=("boolean",), nullable=False, description="Return tokens, counts and the finish reason."
    ),
    Parameter(
        name="do_sample",
        types=("boolean",),
        nullable=False,
        description="Sample, rather than take the likeliest token.",
    ),
    Parameter(
        name="max_new_tokens", types=("integer",), minimum=1, maximum=_U32, description="The most tokens to generate."
    ),
    Parameter(
        name="repetition_penalty",
        types=("number",),
        exclusive_minimum=0,
        description="Above 1, tokens that are already there become less likely.",
    ),
    Parameter(name="return_full_text", types=("boolean",), description="Put the prompt before the generated text."),
    Parameter(name="seed", types=("integer",), minimum=0, maximum=_U64, description="Makes sampling repeatable."),
    Parameter(
        name="stop",
        types=("array",),
        nullable=False,
        items="string",
        min_length=1,
        description="Texts that end the generation. They stay part of the text.",
    ),
    Parameter(name="temperature", types=("number",), exclusive_minimum=0, description="How random sampling is."),
    Parameter(
        name="top_k",
        types=("integer",),
        minimum=1,
        maximum=2**31 - 1,
        description="Sample from the k likeliest tokens.",
    ),
    Parameter(
        name="top_p",
        types=("number",),
        exclusive_minimum=0,
        exclusive_maximum=1,
        description="Sample from the likeliest tokens whose probabilities add up to this.",
    ),
    Parameter(
        name="truncate",
        types=("integer",),
        minimum=1,
        maximum=_U32,
        description="Keep this many tokens at the prompt's end.",
    ),
    Parameter(
        name="typical_p", types=("number",), exclusive_minimum=0, exclusive_maximum=1, description="Typical sampling."
    ),
    Parameter(name="watermark", types=("boolean",), nullable=False, description="Watermark the text."),
    # These came after the announcement's fifteen.
    Parameter(
        name="top_n_tokens",
        types=("integer",),
        minimum=0,
        maximum=_U32,
        description="Return the likeliest tokens at each step.",
    ),
    Parameter(
        name="frequency_penalty",
        types=("number",),
        minimum=-2,
        maximum=2,
        since="1.4.1",
        description="Above 0, tokens become less likely the more often they are already there.",
    ),
    Parameter(
        name="grammar", types=("object",), since="1.4.1", description="Constrain the text by a JSON schema or regex."
    ),
    Parameter(name="adapter_id", types=("string",), since="2.1.0", description="The LoRA adapter to use."),
)
