"""The body of POST /v1/completions: OpenAI's fields (openai-openapi), and three more."""

from __future__ import annotations

from chat.openai.shared_parameters import MODEL, SHARED
from chat.parameters import Parameter

DEFAULT_MAX_TOKENS = 16
"""OpenAI's."""

COMPLETION_BODY = (
    *MODEL,
    Parameter(
        name="prompt",
        types=("string", "array"),
        required=True,
        min_length=1,
        min_items=1,
        max_items=128,
        description="The text to continue, or a list of texts, each of which is continued.",
    ),
    Parameter(
        name="max_tokens",
        types=("integer",),
        minimum=1,
        description=f"The most tokens to generate; {DEFAULT_MAX_TOKENS} if not given.",
    ),
    *SHARED,
    Parameter(name="echo", types=("boolean",), description="Put the prompt before the text."),
    Parameter(
        name="logprobs",
        types=("integer",),
        minimum=0,
        maximum=5,
        description="Return each token with its log probability, and with this many of the likeliest in its place.",
    ),
    Parameter(
        name="best_of",
        types=("integer",),
        minimum=1,
        maximum=20,
        description="Generate this many for each prompt and return the n likeliest. Not with stream.",
    ),
    Parameter(
        name="suffix",
        types=("string",),
        neutral=("",),
        unsupported="the Falcon models continue text; they were not trained to fill a gap before a suffix.",
        description="Not supported.",
    ),
)
