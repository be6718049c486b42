"""The body of POST /v1/chat/completions: OpenAI's fields (openai-openapi), and three of TGI's that Falcon's users know.

What the server cannot do is refused with a reason. Nothing is taken and silently left out, except where OpenAI's field
has no effect on the text either.
"""

from __future__ import annotations

from chat.parameters import Parameter

_NO_TOOLS = "the Falcon models were not tuned to call tools. Leave it out."
_NO_LOGPROBS = 'the chat API returns no log probabilities yet. POST /models/{model} with "details": true returns them.'

CHAT_BODY = (
    Parameter(name="model", types=("string",), required=True, description="The name of a deployed model."),
    Parameter(
        name="messages",
        types=("array",),
        required=True,
        items="object",
        min_items=1,
        description="The conversation, oldest message first.",
    ),
    Parameter(
        name="stream", types=("boolean",), description="Send the answer as server-sent events, as it is generated."
    ),
    Parameter(name="stream_options", types=("object",), description="Only with stream."),
    Parameter(
        name="max_completion_tokens",
        types=("integer",),
        minimum=1,
        description="The most tokens to generate; without it, what the context has room for.",
    ),
    Parameter(name="max_tokens", types=("integer",), minimum=1, description="The older name of max_completion_tokens."),
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
    Parameter(name="seed", types=("integer",), minimum=0, maximum=2**63 - 1, description="Makes sampling repeatable."),
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
        neutral=(1,),
        unsupported="one answer is generated a request. Send the request again for another.",
        description="Only 1.",
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
    # Taken, and without effect on the text.
    Parameter(name="user", types=("string",), description="Taken and not used."),
    Parameter(name="safety_identifier", types=("string",), description="Taken and not used."),
    Parameter(name="prompt_cache_key", types=("string",), description="Taken and not used."),
    Parameter(name="metadata", types=("object",), description="Taken and not kept."),
    # What OpenAI has and Falcon's server has not.
    Parameter(
        name="store",
        types=("boolean",),
        neutral=(False,),
        unsupported="nothing is stored here.",
        description="Only false.",
    ),
    Parameter(
        name="service_tier",
        types=("string",),
        neutral=("auto", "default"),
        unsupported='there is one tier, "default".',
        description='Only "auto" or "default".',
    ),
    Parameter(
        name="logprobs", types=("boolean",), neutral=(False,), unsupported=_NO_LOGPROBS, description="Only false."
    ),
    Parameter(
        name="top_logprobs",
        types=("integer",),
        minimum=0,
        maximum=20,
        neutral=(0,),
        unsupported=_NO_LOGPROBS,
        description="Only 0.",
    ),
    Parameter(
        name="logit_bias",
        types=("object",),
        neutral=({},),
        unsupported="text-generation-inference cannot bias tokens.",
        description="Only {}.",
    ),
    Parameter(
        name="response_format",
        types=("object",),
        neutral=({"type": "text"},),
        unsupported='answers are text; {"type": "text"} is the only format.',
        description='Only {"type": "text"}.',
    ),
    Parameter(
        name="modalities",
        types=("array",),
        neutral=(["text"],),
        unsupported='the Falcon models read and write text; ["text"] is the only choice.',
        description='Only ["text"].',
    ),
    Parameter(name="tools", types=("array",), neutral=([],), unsupported=_NO_TOOLS, description="Not supported."),
    Parameter(
        name="tool_choice",
        types=("string", "object"),
        neutral=("none", "auto"),
        unsupported=_NO_TOOLS,
        description='Only "none" or "auto".',
    ),
    Parameter(name="parallel_tool_calls", types=("boolean",), description="Without effect, since there are no tools."),
    Parameter(name="functions", types=("array",), neutral=([],), unsupported=_NO_TOOLS, description="Not supported."),
    Parameter(
        name="function_call",
        types=("string", "object"),
        neutral=("none", "auto"),
        unsupported=_NO_TOOLS,
        description='Only "none" or "auto".',
    ),
    Parameter(
        name="audio", types=("object",), unsupported="the Falcon models write text only.", description="Not supported."
    ),
    Parameter(
        name="prediction",
        types=("object",),
        unsupported="text-generation-inference takes no predicted text.",
        description="Not supported.",
    ),
    Parameter(
        name="reasoning_effort",
        types=("string",),
        unsupported="the Falcon models do not reason before they answer.",
        description="Not supported.",
    ),
    Parameter(
        name="verbosity",
        types=("string",),
        unsupported="the Falcon models have no such setting. Ask for it in the system message.",
        description="Not supported.",
    ),
    Parameter(
        name="web_search_options",
        types=("object",),
        unsupported="the endpoint has no way to the internet.",
        description="Not supported.",
    ),
)

STREAM_OPTIONS = (
    Parameter(name="include_usage", types=("boolean",), description="Send a last chunk with the token counts."),
    Parameter(name="include_obfuscation", types=("boolean",), description="Without effect: chunks are not padded."),
)
