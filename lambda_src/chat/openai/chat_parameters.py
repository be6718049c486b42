"""The body of POST /v1/chat/completions: OpenAI's fields (openai-openapi), and three more.

What cannot be done is refused with a reason. No field is silently ignored, except where OpenAI's own has no effect on
the text either.
"""

from __future__ import annotations

from chat.features import Feature
from chat.openai.shared_parameters import MODEL, SHARED
from chat.parameters import Parameter

_NO_TOOLS = "the Falcon models were not tuned to call tools. Leave it out."

CHAT_BODY = (
    *MODEL,
    Parameter(
        name="messages",
        types=("array",),
        required=True,
        items="object",
        min_items=1,
        description="The conversation, oldest message first.",
    ),
    *SHARED,
    Parameter(
        name="max_completion_tokens",
        types=("integer",),
        minimum=1,
        description="The most tokens to generate; without it, what the context has room for.",
    ),
    Parameter(name="max_tokens", types=("integer",), minimum=1, description="The older name of max_completion_tokens."),
    # Accepted, without effect on the text.
    Parameter(name="safety_identifier", types=("string",), description="Accepted and ignored."),
    Parameter(name="prompt_cache_key", types=("string",), description="Accepted and ignored."),
    Parameter(name="metadata", types=("object",), description="Accepted and ignored."),
    # Fields of OpenAI that the Falcon models or this API cannot honor.
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
    Parameter(name="logprobs", types=("boolean",), description="Return each token with its log probability."),
    Parameter(
        name="top_logprobs",
        types=("integer",),
        minimum=0,
        maximum=20,
        description="With logprobs: how many of the likeliest tokens to return beside each one.",
    ),
    Parameter(
        name="response_format",
        types=("object",),
        neutral=({"type": "text"},),
        description='{"type": "json_schema", "json_schema": {"name": ..., "schema": ...}} makes the answer follow a '
        "schema.",
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
        needs=Feature.PREDICTED_OUTPUT,
        without="takes no predicted text.",
        description="Text that the answer probably repeats.",
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
        unsupported="the endpoint has no internet access.",
        description="Not supported.",
    ),
)
