"""From OpenAI's parameters, which chat and completions share, to TGI's."""

from __future__ import annotations

from collections.abc import Mapping

from chat.errors import ApiError, ErrorKind
from chat.models import DeployedModel

_GREEDY_BELOW = 0.01
"""Logits are divided by the temperature. Below this the likeliest token is taken anyway, and TGI refuses 0."""

_SEEDS = 2**64
"""OpenAI's seeds are signed 64-bit integers; TGI's are unsigned."""


def sampling(given: Mapping[str, object], choice: int = 0) -> dict[str, object]:
    """TGI's sampling parameters for OpenAI's, whose default temperature is 1; `choice` counts answers to one prompt.

    TGI refuses a temperature of 0 and a top_p of 1, and samples whenever one of them (or top_k, typical_p) is there at
    all.
    """
    parameters = {name: given[name] for name in ("repetition_penalty", "frequency_penalty") if name in given}
    seed = given.get("seed")
    if isinstance(seed, int):
        # With the same seed every choice would be the same answer.
        parameters["seed"] = (seed + choice) % _SEEDS
    temperature = given.get("temperature")
    if (isinstance(temperature, int | float) and temperature < _GREEDY_BELOW) or given.get("top_p") == 0:
        return {**parameters, "do_sample": False}
    parameters["do_sample"] = True
    return parameters | {name: given[name] for name in ("temperature", "top_p", "top_k", "typical_p") if name in given}


def top_tokens(count: int, model: DeployedModel, param: str) -> dict[str, object]:
    """TGI's parameter for the `count` likeliest tokens at each place. Raises ApiError above the model's limit."""
    if count > model.max_top_logprobs:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"{param} is {count}; {model.name} returns {model.max_top_logprobs} at most, its MAX_TOP_N_TOKENS.",
            param=param,
        )
    return {"top_n_tokens": count} if count else {}


def stops(own: tuple[str, ...], asked: object) -> list[str]:
    """The template's own stops and those of the request, a string or a list."""
    listed = [asked] if isinstance(asked, str) else asked if isinstance(asked, list) else []
    return list(dict.fromkeys([*own, *listed]))
