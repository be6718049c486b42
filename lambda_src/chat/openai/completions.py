"""POST /v1/completions: OpenAI's older route, which continues text. Every model can, base models too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.call import Call
from chat.errors import ApiError, ErrorKind
from chat.generation import choices
from chat.generation.choices import MOST_CHOICES
from chat.generation.generation import GenerationRequest, TextDelta
from chat.http import Response
from chat.models import Models
from chat.openai import logprobs
from chat.openai.answer import Answer, Identity, stream_options, whole_number
from chat.openai.completion_parameters import COMPLETION_BODY, DEFAULT_MAX_TOKENS
from chat.openai.sampling import sampling, stops, top_tokens
from chat.openai.shared_parameters import model_of
from chat.parameters import check, check_unicode
from chat.prompt.text_prompt import TextPrompt
from chat.serving.sagemaker import Endpoints


@dataclass(slots=True)
class Completions:
    """The operation, for the deployed `models` on `endpoints`."""

    models: Models
    endpoints: Endpoints

    def create(self, body: dict[str, object], call: Call) -> Response:
        """Answer `body`. Raises ApiError for everything that fails before the first token."""
        record = call.record
        model = model_of(body, self.models)
        record.model = model.name
        given = check(COMPLETION_BODY, body, model=model)
        record.stream = stream = given.get("stream") is True
        options = stream_options(given.get("stream_options"), stream)
        prompts = _prompts(given["prompt"])
        count = whole_number(given.get("n"), 1)
        tried = _tried(given, count, stream)
        record.choices = len(prompts) * tried
        top = given.get("logprobs")
        kept_logprobs = top if isinstance(top, int) else None
        if kept_logprobs is not None and given.get("echo") is True:
            raise ApiError(
                ErrorKind.UNSUPPORTED_PARAMETER,
                "logprobs with echo would need those of the prompt, which no stream of the model has. POST "
                f'/models/{model.name} with "decoder_input_details": true returns them.',
                param="logprobs",
            )
        if len(prompts) * tried > MOST_CHOICES:
            raise ApiError(
                ErrorKind.INVALID_VALUE,
                f"{len(prompts)} prompts with {tried} answers each are {len(prompts) * tried} answers; a request may "
                f"ask for {MOST_CHOICES}. Send several requests.",
                param="prompt",
            )
        requests = [
            GenerationRequest(
                model=model,
                prompt=TextPrompt(model, prompt, whole_number(given.get("max_tokens"), DEFAULT_MAX_TOKENS)),
                parameters={**sampling(given, choice), **top_tokens(kept_logprobs or 0, model, "logprobs")},
                stops=stops((), given.get("stop")),
                verbatim=True,
                keep_tokens=kept_logprobs is not None or tried > count,
                status_waits=not stream,
            )
            for prompt in prompts
            for choice in range(tried)
        ]
        begun = choices.start(self.endpoints, requests, call if stream else call.whole_answer())
        answer = Answer(
            choices=begun,
            prompts=begun.generations[::tried],
            identity=Identity(f"cmpl-{call.id}", call.created, model.name),
            format=_ChoiceFormat(
                [prompt for prompt in prompts for _ in range(count)], given.get("echo") is True, kept_logprobs
            ),
            record=record,
        )
        if stream:
            return answer.streamed(include_usage=options.get("include_usage") is True)
        return answer.whole(best=count if tried > count else None)


class _ChoiceFormat:
    """OpenAI's text choices. `prompts` has one for each choice; `top` is how many likeliest tokens stand beside each
    one, None: no log probabilities."""

    whole_kind = "text_completion"
    chunk_kind = "text_completion"

    def __init__(self, prompts: Sequence[str], echo: bool, top: int | None) -> None:
        self._prompts = prompts
        self._echo = echo
        self._top = top
        self._offsets = [0] * len(prompts)

    def begin(self, index: int) -> dict[str, object] | None:
        return _choice(index, self._prompts[index]) if self._echo else None

    def delta(self, index: int, delta: TextDelta) -> dict[str, object]:
        return _choice(index, delta.text, logprobs=self._logprobs(index, delta))

    def end(self, index: int, finish_reason: str | None) -> dict[str, object]:
        return _choice(index, "", finish_reason=finish_reason)

    def whole(self, index: int, text: TextDelta, finish_reason: str | None) -> dict[str, object]:
        shown = self._prompts[index] + text.text if self._echo else text.text
        return _choice(index, shown, logprobs=self._logprobs(index, text), finish_reason=finish_reason)

    def _logprobs(self, index: int, delta: TextDelta) -> dict[str, object] | None:
        if self._top is None:
            return None
        offset = self._offsets[index]
        self._offsets[index] += sum(len(token.text) for token in delta.tokens)
        return logprobs.of_completion(delta.tokens, offset, self._top)


def _choice(
    index: int, text: str, *, logprobs: dict[str, object] | None = None, finish_reason: str | None = None
) -> dict[str, object]:
    return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": finish_reason}


def _prompts(value: object) -> list[str]:
    """The prompts of a request, one or several."""
    listed = value if isinstance(value, list) else [value]
    prompts: list[str] = []
    for position, prompt in enumerate(listed):
        path = f"prompt[{position}]" if isinstance(value, list) else "prompt"
        if isinstance(prompt, int | list):
            raise ApiError(
                ErrorKind.UNSUPPORTED_PARAMETER,
                f"{path} holds tokens; this API takes text only, since the model's server has no route for tokens.",
                param=path,
            )
        if not isinstance(prompt, str) or not prompt:
            raise ApiError(ErrorKind.INVALID_TYPE, f"{path} must be a non-empty string.", param=path)
        check_unicode(prompt, path)
        prompts.append(prompt)
    return prompts


def _tried(given: dict[str, object], count: int, stream: bool) -> int:
    """How many answers to generate for each prompt: `best_of`, or as many as are returned."""
    tried = whole_number(given.get("best_of"), count)
    if tried < count:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"best_of is {tried}; it must not be less than n, which is {count}.",
            param="best_of",
        )
    if tried > count and stream:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            "best_of chooses among finished answers, so it cannot be greater than n when stream is true.",
            param="best_of",
        )
    return tried
