"""TGI's limits on a request, in TGI's order and words (router/src/validation.rs)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

from local_aws.model_server.body import GenerateRequest, Parameters
from local_aws.model_server.errors import ValidationError
from local_aws.model_server.grammar import Grammar, read_grammar
from local_aws.model_server.sampling import SamplingParameters
from local_aws.model_server.settings import Settings


@dataclass(frozen=True, slots=True)
class ValidRequest:
    """A request that the engine can run: ids of the (truncated) prompt, and every parameter with its value.

    `seeded`: the client gave the seed.
    """

    input_ids: list[int]
    sampling: SamplingParameters
    max_new_tokens: int
    stop: list[str]
    top_n_tokens: int
    prefill_details: bool
    seeded: bool = False
    grammar: Grammar | None = None

    def with_new_seed(self) -> ValidRequest:
        """The same request with another random seed, for one of the sequences of `best_of`."""
        return replace(self, sampling=replace(self.sampling, seed=random_seed()))


def random_seed() -> int:
    """A seed for a request without one: 64 bits, as in TGI."""
    return secrets.randbits(64)


class Validator:
    """Checks requests against the settings. `encode` gives the token ids of a text."""

    def __init__(self, settings: Settings, encode: Callable[[str], list[int]]) -> None:
        self._settings = settings
        self._encode = encode

    def best_of(self, parameters: Parameters) -> int:
        """How many sequences a request that is not streamed asks for."""
        asked = parameters.best_of or 1
        limit = self._settings.max_best_of
        if asked > 1 and limit == 1:
            raise ValidationError("`best_of` != 1 is not allowed for this endpoint")
        if asked > limit:
            raise ValidationError(f"`best_of` must be > 0 and <= {limit}. Given: {asked}")
        return asked

    def streamable(self, parameters: Parameters) -> None:
        """Refuses what a stream cannot give."""
        if parameters.best_of not in (None, 1):
            raise ValidationError("`best_of` != 1 is not supported when streaming tokens")
        if parameters.decoder_input_details:
            raise ValidationError("`decoder_input_details` == true is not supported when streaming tokens")

    def validate(self, request: GenerateRequest) -> ValidRequest:
        """The request with its prompt encoded; raises ValidationError."""
        parameters = request.parameters
        self._check_sampling(parameters)
        self._check_limits(parameters)
        if not request.inputs:
            raise ValidationError("`inputs` cannot be empty")
        limit = self._settings.max_input_tokens
        truncate = parameters.truncate
        if truncate is not None and not 0 < truncate <= limit:
            raise ValidationError(f"`truncate` must be strictly positive and less than {limit}. Given: {truncate}")
        ids = self._encode(request.inputs)
        ids = ids if truncate is None else ids[-truncate:]
        max_new_tokens = self._checked_length(len(ids), parameters.max_new_tokens)
        return ValidRequest(
            input_ids=ids,
            sampling=_sampling(parameters),
            max_new_tokens=max_new_tokens,
            stop=parameters.stop,
            top_n_tokens=parameters.top_n_tokens or 0,
            prefill_details=parameters.decoder_input_details,
            seeded=parameters.seed is not None,
            grammar=None if parameters.grammar is None else read_grammar(parameters.grammar),
        )

    def _check_sampling(self, parameters: Parameters) -> None:
        asks = (parameters.temperature, parameters.top_k, parameters.top_p, parameters.typical_p)
        sampling = parameters.do_sample or any(value is not None for value in asks)
        several = (parameters.best_of or 1) > 1
        if several and not sampling:
            raise ValidationError("you must use sampling when `best_of` is > 1")
        for name in ("temperature", "repetition_penalty"):
            value = getattr(parameters, name)
            if value is not None and not value > 0:
                raise ValidationError(f"`{name}` must be strictly positive")
        if parameters.frequency_penalty is not None and not -2 <= parameters.frequency_penalty <= 2:
            raise ValidationError("`frequency_penalty` must be >= -2.0 and <= 2.0")
        for name in ("top_p", "typical_p"):
            value = getattr(parameters, name)
            if value is not None and not 0 < value < 1:
                raise ValidationError(f"`{name}` must be > 0.0 and < 1.0")
        if parameters.top_k is not None and parameters.top_k <= 0:
            raise ValidationError("`top_k` must be strictly positive")

    def _check_limits(self, parameters: Parameters) -> None:
        if parameters.max_new_tokens == 0:
            raise ValidationError("`max_new_tokens` must be strictly positive")
        stops, limit = len(parameters.stop), self._settings.max_stop_sequences
        if stops > limit:
            raise ValidationError(f"`stop` supports up to {limit} stop sequences. Given: {stops}")
        if parameters.seed is not None and (parameters.best_of or 1) > 1:
            raise ValidationError("`seed` must not be set when `best_of` > 1")
        top, limit = parameters.top_n_tokens or 0, self._settings.max_top_n_tokens
        if top > limit:
            raise ValidationError(f"`top_n_tokens` must be >= 0 and <= {limit}. Given: {top}")

    def _checked_length(self, inputs: int, asked: int | None) -> int:
        """The number of new tokens. null asks for all that the limit leaves."""
        total = self._settings.max_total_tokens
        new = max(total - inputs, 0) if asked is None else asked
        if inputs + new > total:
            raise ValidationError(
                f"`inputs` tokens + `max_new_tokens` must be <= {total}. "
                f"Given: {inputs} `inputs` tokens and {new} `max_new_tokens`"
            )
        limit = self._settings.max_input_tokens
        if inputs > limit:
            raise ValidationError(f"`inputs` must have less than {limit} tokens. Given: {inputs}")
        return new


def _sampling(parameters: Parameters) -> SamplingParameters:
    given = {
        name: value
        for name in ("temperature", "top_k", "top_p", "typical_p", "repetition_penalty", "frequency_penalty", "seed")
        if (value := getattr(parameters, name)) is not None
    }
    return SamplingParameters(
        **{"seed": random_seed(), **given}, do_sample=parameters.do_sample, watermark=parameters.watermark
    )
