"""text-generation-inference (TGI), Hugging Face's server, which JumpStart deploys for the Falcon models of 2023.

Read in TGI's source, tags v1.4.0 to v2.4.0 (router/src/server.rs, infer.rs, validation.rs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from chat.errors import ApiError, ErrorKind
from chat.features import Feature
from chat.http import encode_json
from chat.models import DeployedModel
from chat.serving import tgi_events
from chat.serving.container import (
    GenerationParameters,
    KeepAlive,
    NativeRoute,
    RegexFormat,
    SchemaFormat,
    ServingContainer,
    Token,
)
from chat.serving.tgi_native import TgiNativeRoute

_GREEDY_BELOW = 0.01
"""Logits are divided by the temperature. Below this the likeliest token is taken anyway, and TGI refuses 0."""

_SEEDS = 2**64
"""OpenAI's seeds are signed 64-bit integers; TGI's are unsigned."""


class TgiContainer(ServingContainer):
    """TGI in front of one model."""

    name: ClassVar[str] = tgi_events.NAME
    product_name: ClassVar[str] = "text-generation-inference"
    first_versions: ClassVar[Mapping[Feature, str]] = {
        Feature.FREQUENCY_PENALTY: "1.4.1",
        Feature.STRUCTURED_OUTPUT: "1.4.1",
        Feature.ADAPTERS: "2.1.0",
    }
    schema_note: ClassVar[str] = (
        "The schema must describe an object with properties. $ref, anyOf, enum, lists and nested objects work; what "
        "does not (bounds of numbers, Any, recursion) is refused."
    )
    native: ClassVar[NativeRoute] = TgiNativeRoute()

    def __init__(self, model: DeployedModel) -> None:
        self.model = model

    def prepare(self, parameters: GenerationParameters) -> Mapping[str, object]:
        return {
            **_sampling(parameters),
            **_grammar(parameters.response_format),
            **self._top_tokens(parameters),
            # It takes a limited number of stops; all of them are searched by `generation` as well.
            "stop": list(parameters.stops)[: self.model.max_stop_sequences],
        }

    def payload(self, prompt: str, max_new_tokens: int, prepared: Mapping[str, object], *, choice: int = 0) -> bytes:
        parameters = {**prepared, "max_new_tokens": max_new_tokens, "details": True, "return_full_text": False}
        seed = prepared.get("seed")
        if isinstance(seed, int):
            # With the same seed every choice would be the same answer.
            parameters["seed"] = (seed + choice) % _SEEDS
        return encode_json({"inputs": prompt, "parameters": parameters, "stream": True})

    def tokens(self, parts: Iterable[bytes]) -> Iterator[Token | KeepAlive]:
        return tgi_events.tokens(parts)

    def error_of_response(self, status: int, text: str) -> ApiError:
        return tgi_events.error_of_response(status, text)

    def _top_tokens(self, parameters: GenerationParameters) -> dict[str, object]:
        count, param = parameters.top_logprobs, parameters.top_logprobs_param
        if count > self.model.max_top_logprobs:
            raise ApiError(
                ErrorKind.INVALID_VALUE,
                f"{param} is {count}; {self.model.name} returns {self.model.max_top_logprobs} at most, its "
                "MAX_TOP_N_TOKENS.",
                param=param,
            )
        return {"top_n_tokens": count} if count else {}


def _sampling(asked: GenerationParameters) -> dict[str, object]:
    """TGI refuses a temperature of 0 and a top_p of 1, and samples whenever one of them (or top_k, typical_p) is there
    at all."""
    parameters = _given(
        repetition_penalty=asked.repetition_penalty, frequency_penalty=asked.frequency_penalty, seed=asked.seed
    )
    if (asked.temperature is not None and asked.temperature < _GREEDY_BELOW) or asked.top_p == 0:
        return {**parameters, "do_sample": False}
    sampled = _given(temperature=asked.temperature, top_p=asked.top_p, top_k=asked.top_k, typical_p=asked.typical_p)
    return {**parameters, "do_sample": True, **sampled}


def _given(**values: float | None) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _grammar(asked: SchemaFormat | RegexFormat | None) -> dict[str, object]:
    """TGI's grammar for a response format. Raises ApiError for a schema that it cannot enforce."""
    if asked is None:
        return {}
    if isinstance(asked, RegexFormat):
        return {"grammar": {"type": "regex", "value": asked.pattern}}
    from chat.serving.grammar import enforceable  # few requests need it, and a cold start should not wait for it

    return {"grammar": {"type": "json", "value": enforceable(asked.schema, asked.path)}}


CONTAINER = TgiContainer
