"""POST /v1/completions: OpenAI's older route, which continues text. Every model can, base models too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat.call import Call
from chat.generation import choices
from chat.generation.generation import GenerationRequest, TextDelta
from chat.http import Response
from chat.models import Models
from chat.openai import logprobs
from chat.openai.answer import Answer, Identity
from chat.openai.completion_request import parse_completion_request
from chat.openai.shared_parameters import model_of
from chat.prompt.text_prompt import TextPrompt
from chat.serving.containers import container_of
from chat.serving.sagemaker import Endpoints


@dataclass(slots=True)
class Completions:
    """The operation, for the deployed `models` on `endpoints`."""

    models: Models
    endpoints: Endpoints

    def create(self, body: dict[str, object], call: Call) -> Response:
        """Answer `body`. Raises ApiError for everything that fails before the first token."""
        model = model_of(body, self.models)
        call.record.model = model.name
        container = container_of(model)
        request = parse_completion_request(body, container, call.record)
        prompts = [TextPrompt(model, prompt, request.max_tokens) for prompt in request.prompts]
        prepared = container.prepare(request.parameters)
        chooses = request.generated > request.returned
        requests = [
            GenerationRequest(
                container=container,
                prompt=prompt,
                prepared=prepared,
                stops=request.parameters.stops,
                choice=choice,
                verbatim=True,
                keep_tokens=chooses or request.top_logprobs is not None,
                status_waits=not request.stream,
            )
            for prompt in prompts
            for choice in range(request.generated)
        ]
        begun = choices.start(self.endpoints, requests, call if request.stream else call.whole_answer())
        shown = [prompt for prompt in request.prompts for _ in range(request.returned)]
        answer = Answer(
            choices=begun,
            prompts=begun.generations[:: request.generated],
            identity=Identity(f"cmpl-{call.id}", call.created, model.name),
            format=_ChoiceFormat(shown, request.echo, request.top_logprobs),
            record=call.record,
        )
        if request.stream:
            return answer.streamed(include_usage=request.include_usage)
        return answer.whole(best=request.returned if chooses else None)


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
