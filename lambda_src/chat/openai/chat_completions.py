"""POST /v1/chat/completions: OpenAI's request and answer around generations."""

from __future__ import annotations

from dataclasses import dataclass

from chat.call import Call
from chat.generation import choices
from chat.generation.generation import GenerationRequest, TextDelta
from chat.http import Response
from chat.models import Models
from chat.openai import logprobs
from chat.openai.answer import Answer, Identity
from chat.openai.chat_request import parse_chat_request
from chat.openai.shared_parameters import model_of
from chat.prompt.fitting import PromptFitter
from chat.prompt.templates import template_of
from chat.serving.containers import container_of
from chat.serving.sagemaker import Endpoints


@dataclass(slots=True)
class ChatCompletions:
    """The operation, for the deployed `models` on `endpoints`."""

    models: Models
    endpoints: Endpoints

    def create(self, body: dict[str, object], call: Call) -> Response:
        """Answer `body`. Raises ApiError for everything that fails before the first token."""
        model = model_of(body, self.models)
        call.record.model = model.name
        template = template_of(model, self.models)
        container = container_of(model)
        request = parse_chat_request(body, container, template, call.record)
        prepared = container.prepare(request.parameters)
        requests = [
            GenerationRequest(
                container=container,
                prompt=PromptFitter(model, template, request.messages, request.max_tokens),
                prepared=prepared,
                stops=request.parameters.stops,
                choice=choice,
                # An answer that goes on with the assistant's own last message may begin with a space.
                leading_space=request.messages[-1].role == "assistant",
                keep_tokens=request.top_logprobs is not None,
                status_waits=not request.stream,
            )
            for choice in range(request.choices)
        ]
        begun = choices.start(self.endpoints, requests, call if request.stream else call.whole_answer())
        answer = Answer(
            choices=begun,
            prompts=begun.generations[:1],
            identity=Identity(f"chatcmpl-{call.id}", call.created, model.name),
            format=_ChoiceFormat(request.top_logprobs),
            record=call.record,
        )
        return answer.streamed(include_usage=request.include_usage) if request.stream else answer.whole()


@dataclass(frozen=True, slots=True)
class _ChoiceFormat:
    """OpenAI's chat choices. `top` is how many likeliest tokens stand beside each one; None: no log probabilities."""

    top: int | None
    whole_kind: str = "chat.completion"
    chunk_kind: str = "chat.completion.chunk"

    def begin(self, index: int) -> dict[str, object]:
        return _chunk(index, {"role": "assistant", "content": "", "refusal": None})

    def delta(self, index: int, delta: TextDelta) -> dict[str, object]:
        return _chunk(index, {"content": delta.text}, logprobs=self._logprobs(delta))

    def end(self, index: int, finish_reason: str | None) -> dict[str, object]:
        return _chunk(index, {}, finish_reason=finish_reason)

    def whole(self, index: int, text: TextDelta, finish_reason: str | None) -> dict[str, object]:
        return {
            "index": index,
            "message": {"role": "assistant", "content": text.text, "refusal": None},
            "logprobs": self._logprobs(text),
            "finish_reason": finish_reason,
        }

    def _logprobs(self, delta: TextDelta) -> dict[str, object] | None:
        return None if self.top is None else logprobs.of_chat(delta.tokens, self.top)


def _chunk(
    index: int, delta: dict[str, object], *, logprobs: dict[str, object] | None = None, finish_reason: str | None = None
) -> dict[str, object]:
    return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
