"""A prompt that is sent as the client wrote it, whole."""

from __future__ import annotations

import math

from chat.errors import ApiError, ErrorKind
from chat.models import DeployedModel
from chat.prompt.fitting import TOKENS_PER_BYTE, Fit, refuse_impossible, too_long
from chat.serving.container import PromptTooLongError


class TextPrompt:
    """The text `prompt`, to be continued with `max_tokens` at most. `param` is the request's field it came from."""

    def __init__(self, model: DeployedModel, prompt: str, max_tokens: int, *, param: str = "prompt") -> None:
        refuse_impossible(model, max_tokens)
        self._model = model
        self._prompt = prompt
        self._max_tokens = max_tokens
        self._param = param

    def fit(self) -> Fit:
        """The only proposal."""
        estimate = math.ceil(len(self._prompt.encode()) * TOKENS_PER_BYTE)
        return Fit(self._prompt, self._max_tokens, estimate, False, 0)

    def correct(self, refusal: PromptTooLongError) -> None:
        """Raises ApiError with the server's numbers: there is no shorter proposal."""
        limits = too_long(self._model.max_total_tokens, self._model.max_input_tokens)
        raise ApiError(
            ErrorKind.CONTEXT_LENGTH_EXCEEDED,
            f"{limits} It is {refusal.prompt_tokens} tokens and max_tokens asks for {self._max_tokens} more. "
            "Shorten the prompt or ask for fewer tokens.",
            param=self._param,
        )
