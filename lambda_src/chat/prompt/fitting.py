"""Fits a conversation into a model's context without a tokenizer: an estimate first, then the server's own count.

A serving container refuses a prompt that is too long at once, before any work on a GPU, and its refusal tells the exact
number of tokens. So a request costs a second, quick call only when the estimate was wrong.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from chat.errors import ApiError, ErrorKind
from chat.models import DeployedModel
from chat.prompt.templates import ChatTemplate, Message
from chat.serving.container import PromptTooLongError

TOKENS_PER_BYTE = 0.25
"""English text; other languages need more, and then the first refusal corrects it."""

_EXACT_COUNT_ABOVE = 1 / 8
"""Share of the context. A longer prompt is first sent with a `max_new_tokens` that cannot fit, to be told its length:
an estimate that is too high would cut the answer short."""

_SLACK_TOKENS = 16
"""With half the estimate, what a short prompt may be longer than estimated without a second call."""

_ROOM_FOR_ANSWER = 256
"""Tokens kept free for an answer without `max_tokens` while there are old turns to leave out; an eighth of a small
context."""

_MOST_CORRECTIONS = 3

_BYTES_AROUND_A_MESSAGE = 10
"""A role label and what separates turns."""


class Fit(NamedTuple):
    """A prompt, the tokens asked for, and the prompt's length: the server's count if `exact`, else an estimate."""

    prompt: str
    max_new_tokens: int
    prompt_tokens: int
    exact: bool
    messages_dropped: int


class PromptFitter:
    """Proposes a prompt, and a shorter one when the server refuses it.

    Whole turns (a user's message with the answers to it) are left out from the oldest on; never a system message, and
    never what starts with the last message of the user.
    """

    def __init__(
        self, model: DeployedModel, template: ChatTemplate, messages: Sequence[Message], max_tokens: int | None
    ) -> None:
        self._template = template
        self._neutral = model.neutralize
        self._messages: list[Message | None] = list(messages)
        self._turns = _turns_that_may_go(messages)
        self._size = sum(map(_size, messages))
        self._max_tokens = max_tokens
        self._max_total = model.max_total_tokens
        self._max_input = model.max_input_tokens
        self._tokens_per_byte = TOKENS_PER_BYTE
        self._exact: int | None = None
        self._corrections = 0
        self._messages_dropped = 0
        if max_tokens is not None:
            refuse_impossible(model, max_tokens)
        # Far beyond the limit by any measure: not worth sending. (No text has 8 bytes a token on average.)
        while self._estimate() > 2 * self._max_input and self._drop_oldest():
            pass

    def fit(self) -> Fit:
        """The proposal to send now."""
        prompt_tokens = self._exact if self._exact is not None else self._estimate()
        if self._max_tokens is not None:
            max_new_tokens = self._max_tokens
        elif self._exact is None and prompt_tokens > self._max_total * _EXACT_COUNT_ABOVE:
            max_new_tokens = self._max_total
        else:
            slack = 0 if self._exact is not None else prompt_tokens // 2 + _SLACK_TOKENS
            max_new_tokens = max(1, self._max_total - prompt_tokens - slack)
        return Fit(self._render(), max_new_tokens, prompt_tokens, self._exact is not None, self._messages_dropped)

    def correct(self, refusal: PromptTooLongError) -> None:
        """Learn from the server's refusal of the last proposal. Raises ApiError if nothing is left that may be left
        out."""
        self._corrections += 1
        if refusal.max_new_tokens is None:
            self._max_input = refusal.limit
        else:
            self._max_total = refusal.limit
        self._tokens_per_byte = refusal.prompt_tokens / self._size
        room = self._max_tokens or min(_ROOM_FOR_ANSWER, self._max_total // 8)
        budget = min(self._max_input, self._max_total - room)
        dropped = False
        while refusal.prompt_tokens > budget and (self._estimate() > budget or not dropped) and self._drop_oldest():
            dropped = True
        if dropped:
            self._exact = None
            while self._corrections >= _MOST_CORRECTIONS and self._drop_oldest():
                pass
            return
        least_answer = self._max_tokens or 1
        fits = refusal.prompt_tokens <= min(self._max_input, self._max_total - least_answer)
        if not fits or self._exact == refusal.prompt_tokens:
            raise self._too_long(refusal.prompt_tokens)
        self._exact = refusal.prompt_tokens

    def _too_long(self, prompt_tokens: int) -> ApiError:
        left_out = f", after leaving out the oldest {self._messages_dropped}" if self._messages_dropped else ""
        asked = f" and max_tokens asks for {self._max_tokens} more" if self._max_tokens else ""
        fix = "Shorten the messages or ask for fewer tokens." if self._max_tokens else "Shorten the messages."
        return ApiError(
            ErrorKind.CONTEXT_LENGTH_EXCEEDED,
            f"{too_long(self._max_total, self._max_input)} "
            f"The messages are {prompt_tokens} tokens{left_out}{asked}. {fix}",
            param="messages",
        )

    def _render(self) -> str:
        messages = [message for message in self._messages if message is not None]
        return self._template.render(messages, neutral=self._neutral)

    def _estimate(self) -> int:
        return math.ceil(self._size * self._tokens_per_byte)

    def _drop_oldest(self) -> bool:
        """Leave out the oldest turn; False if there is none that may be."""
        if not self._turns:
            return False
        for index in self._turns.popleft():
            message = self._messages[index]
            if message is not None:
                self._size -= _size(message)
                self._messages[index] = None
                self._messages_dropped += 1
        return True


def refuse_impossible(model: DeployedModel, max_tokens: int) -> None:
    """Raises ApiError if an answer of `max_tokens` leaves no room for any prompt."""
    if max_tokens >= model.max_total_tokens:
        raise ApiError(
            ErrorKind.CONTEXT_LENGTH_EXCEEDED,
            f"max_tokens is {max_tokens}; this model's maximum context length is {model.max_total_tokens} tokens, "
            "prompt and answer together. Ask for fewer, or leave it out to get what there is room for.",
            param="max_tokens",
        )


def too_long(most: int, most_prompt: int) -> str:
    """How an error on a long prompt begins.

    LangChain ("prompt is too long") and LiteLLM (OpenAI's "This model's maximum context length is") look for these
    words: then a client's way out of a full context works, such as another model.
    """
    return (
        f"The prompt is too long. This model's maximum context length is {most} tokens, of which the prompt may take "
        f"{most_prompt}."
    )


def _size(message: Message) -> int:
    return len(message.content.encode()) + _BYTES_AROUND_A_MESSAGE


def _turns_that_may_go(messages: Sequence[Message]) -> deque[list[int]]:
    """The positions of each turn before the last message of a user, oldest first, without system messages."""
    users = [index for index, message in enumerate(messages) if message.role == "user"]
    turns: deque[list[int]] = deque()
    for index, message in enumerate(messages[: users[-1]] if users else ()):
        if message.role == "user" or (message.role == "assistant" and not turns):
            turns.append([index])
        elif message.role == "assistant":
            turns[-1].append(index)
    return turns
