"""From the body of a chat request to a typed one: checked once, and never narrowed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.errors import ApiError, ErrorKind
from chat.openai.chat_parameters import CHAT_BODY
from chat.openai.response_format import response_format
from chat.openai.shared_parameters import generation_parameters, includes_usage
from chat.parameters import Checked, check
from chat.prompt.messages import parse_messages
from chat.prompt.templates import ChatTemplate, Message
from chat.record import Record
from chat.serving.container import GenerationParameters, ServingContainer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A chat request that a model can answer, as far as can be said before the call.

    `choices` is how many answers it asks for. `top_logprobs` is how many of the likeliest tokens stand beside each one;
    None: no log probabilities. `max_tokens` is None for what the context has room for.
    """

    messages: Sequence[Message]
    max_tokens: int | None
    choices: int
    stream: bool
    include_usage: bool
    top_logprobs: int | None
    parameters: GenerationParameters


def parse_chat_request(
    body: Mapping[str, object], container: ServingContainer, template: ChatTemplate, record: Record
) -> ChatRequest:
    """The request whose body is `body`, for a model that `container` serves. Raises ApiError that names the field;
    `record` then has what was known by then."""
    given = check(CHAT_BODY, body, server=container)
    record.stream = stream = given.flag("stream")
    include_usage = includes_usage(given)
    record.choices = choices = given.integer("n") or 1
    top = _top_logprobs(given)
    messages = parse_messages(given.value("messages"))
    max_tokens = _max_tokens(given)
    return ChatRequest(
        messages=messages,
        max_tokens=max_tokens,
        choices=choices,
        stream=stream,
        include_usage=include_usage,
        top_logprobs=top,
        parameters=generation_parameters(
            given,
            stops=template.stops,
            top_logprobs=top or 0,
            top_logprobs_param="top_logprobs",
            response_format=response_format(given.mapping("response_format"), container),
        ),
    )


def _top_logprobs(given: Checked) -> int | None:
    top = given.integer("top_logprobs") or 0
    if given.flag("logprobs"):
        return top
    if top:
        raise ApiError(
            ErrorKind.INVALID_VALUE, "top_logprobs is only allowed when logprobs is true.", param="top_logprobs"
        )
    return None


def _max_tokens(given: Checked) -> int | None:
    old, new = given.integer("max_tokens"), given.integer("max_completion_tokens")
    if old is not None and new is not None and old != new:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"max_tokens is {old} and max_completion_tokens is {new}; they mean the same. Give one of them.",
            param="max_tokens",
        )
    return new if new is not None else old
