"""POST /v1/chat/completions: OpenAI's request and answer around generations."""

from __future__ import annotations

from dataclasses import dataclass

from chat.call import Call
from chat.errors import ApiError, ErrorKind
from chat.generation import choices
from chat.generation.generation import GenerationRequest, TextDelta
from chat.http import Response
from chat.models import Models
from chat.openai import logprobs
from chat.openai.answer import Answer, Identity, stream_options, whole_number
from chat.openai.chat_parameters import CHAT_BODY
from chat.openai.response_format import grammar
from chat.openai.sampling import sampling, stops, top_tokens
from chat.openai.shared_parameters import model_of
from chat.parameters import check
from chat.prompt.fitting import PromptFitter
from chat.prompt.messages import parse_messages
from chat.prompt.templates import template_of
from chat.serving.sagemaker import Endpoints


@dataclass(slots=True)
class ChatCompletions:
    """The operation, for the deployed `models` on `endpoints`."""

    models: Models
    endpoints: Endpoints

    def create(self, body: dict[str, object], call: Call) -> Response:
        """Answer `body`. Raises ApiError for everything that fails before the first token."""
        record = call.record
        model = model_of(body, self.models)
        record.model = model.name
        template = template_of(model, self.models)
        given = check(CHAT_BODY, body, model=model)
        record.stream = stream = given.get("stream") is True
        options = stream_options(given.get("stream_options"), stream)
        record.choices = count = whole_number(given.get("n"), 1)
        top = _top_logprobs(given)
        messages = parse_messages(given["messages"])
        max_tokens = _max_tokens(given)
        shared = grammar(given.get("response_format"), model) | top_tokens(top or 0, model, "top_logprobs")
        requests = [
            GenerationRequest(
                model=model,
                prompt=PromptFitter(model, template, messages, max_tokens),
                parameters={**sampling(given, choice), **shared},
                stops=stops(template.stops, given.get("stop")),
                # An answer that goes on with the assistant's own last message may begin with a space.
                leading_space=messages[-1].role == "assistant",
                keep_tokens=top is not None,
                status_waits=not stream,
            )
            for choice in range(count)
        ]
        begun = choices.start(self.endpoints, requests, call if stream else call.whole_answer())
        answer = Answer(
            choices=begun,
            prompts=begun.generations[:1],
            identity=Identity(f"chatcmpl-{call.id}", call.created, model.name),
            format=_ChoiceFormat(top),
            record=record,
        )
        return answer.streamed(include_usage=options.get("include_usage") is True) if stream else answer.whole()


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


def _top_logprobs(given: dict[str, object]) -> int | None:
    """How many likeliest tokens are asked for beside each one; None without log probabilities."""
    if given.get("logprobs") is True:
        return whole_number(given.get("top_logprobs"), 0)
    if given.get("top_logprobs"):
        raise ApiError(
            ErrorKind.INVALID_VALUE, "top_logprobs is only allowed when logprobs is true.", param="top_logprobs"
        )
    return None


def _max_tokens(given: dict[str, object]) -> int | None:
    old, new = given.get("max_tokens"), given.get("max_completion_tokens")
    if old is not None and new is not None and old != new:
        raise ApiError(
            ErrorKind.INVALID_VALUE,
            f"max_tokens is {old} and max_completion_tokens is {new}; they mean the same. Give one of them.",
            param="max_tokens",
        )
    value = new if new is not None else old
    return value if isinstance(value, int) else None
