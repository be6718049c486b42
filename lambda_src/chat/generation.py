"""One answer, from the call upstream to the last token: fitting, stops, deadline and counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chat import tgi
from chat.answer_text import AnswerText
from chat.deadline import Deadline
from chat.errors import ApiError, ErrorKind
from chat.fitting import Fit, PromptFitter
from chat.http import encode_json
from chat.models import DeployedModel
from chat.prompt import ChatTemplate, Message
from chat.record import Record
from chat.sagemaker import ByteStream, Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be generated. `parameters` are TGI's, without lengths and stops; `max_tokens` None means all the
    room."""

    model: DeployedModel
    template: ChatTemplate
    messages: Sequence[Message]
    parameters: dict[str, object]
    max_tokens: int | None
    stops: Sequence[str]

    def payload(self, fit: Fit) -> bytes:
        """The body for TGI. It takes a limited number of stops; all of them are searched here as well."""
        parameters = {
            **self.parameters,
            "max_new_tokens": fit.max_new_tokens,
            "stop": list(self.stops)[: self.model.max_stop_sequences],
            "details": True,
            "return_full_text": False,
        }
        return encode_json({"inputs": fit.prompt, "parameters": parameters, "stream": True})


class Generation:
    """An answer whose first token is there. `finish_reason` and the counts are final when `pieces` has ended."""

    def __init__(
        self,
        order: Order,
        fit: Fit,
        stream: ByteStream,
        events: Iterator[tgi.Token | tgi.KeepAlive],
        deadline: Deadline,
        record: Record,
    ) -> None:
        continues = order.messages[-1].role == "assistant"
        self._text = AnswerText(order.stops, continues=continues)
        self._events = events
        self._stream = stream
        self._deadline = deadline
        self._record = record
        self.finish_reason: str | None = None
        self.messages_dropped = fit.messages_dropped
        self.prompt_tokens = fit.prompt_tokens
        self.prompt_tokens_exact = fit.exact
        self.completion_tokens = 0

    def pieces(self) -> Iterator[str | tgi.KeepAlive]:
        """The answer's text as it becomes certain; a KeepAlive when there was nothing for a while. Raises ApiError."""
        try:
            for event in self._events:
                if isinstance(event, tgi.Token):
                    text = self._take(event)
                    if text:
                        yield text
                else:
                    yield event
                if self.finish_reason is None and self._deadline.passed():
                    self.finish_reason = "length"
                if self.finish_reason is not None:
                    break
            rest = self._text.finish(cut=self.finish_reason == "length")
            if self._text.stopped:
                self.finish_reason = "stop"
            if rest:
                yield rest
        finally:
            self.close()
            self._note()

    def usage(self) -> dict[str, object]:
        """OpenAI's usage object; a prompt length that TGI did not tell is marked as an estimate."""
        usage: dict[str, object] = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }
        return usage if self.prompt_tokens_exact else {**usage, "prompt_tokens_estimated": True}

    def close(self) -> None:
        """End the call upstream. May be called more than once, also before `pieces`."""
        self._stream.close()

    def _take(self, token: tgi.Token) -> str:
        self.completion_tokens += 1
        text = "" if token.special else self._text.feed(token.text)
        if token.final is not None:
            self.completion_tokens = token.final.generated_tokens
            if token.final.input_length is not None:
                self.prompt_tokens, self.prompt_tokens_exact = token.final.input_length, True
            # An end-of-text token in the last place is reported as "length"; the model did end there.
            self.finish_reason = "length" if token.final.finish_reason == "length" and not token.special else "stop"
        if self._text.stopped:
            self.finish_reason = "stop"
        return text

    def _note(self) -> None:
        self._record.finish_reason = self.finish_reason
        self._record.prompt_tokens = self.prompt_tokens
        self._record.prompt_tokens_estimated = not self.prompt_tokens_exact
        self._record.completion_tokens = self.completion_tokens


def start(endpoints: Endpoints, order: Order, deadline: Deadline, record: Record) -> Generation:
    """Call the model and wait for its first token, so that a failure up to there has a status of its own. Raises
    ApiError."""
    fitter = PromptFitter(order.model, order.template, order.messages, order.max_tokens)
    while True:
        fit = fitter.fit()
        record.upstream_attempts += 1
        try:
            stream = endpoints.invoke(order.model.endpoint, order.payload(fit))
            try:
                events = tgi.tokens(stream)
                first = _first_token(events, deadline)
            except BaseException:
                stream.close()
                raise
        except tgi.PromptTooLongError as refusal:
            fitter.correct(refusal)
            continue
        record.first_token()
        record.messages_dropped = fit.messages_dropped or None
        return Generation(order, fit, stream, _before(first, events), deadline, record)


def _first_token(events: Iterator[tgi.Token | tgi.KeepAlive], deadline: Deadline) -> tgi.Token:
    for event in events:
        if isinstance(event, tgi.Token):
            return event
        if deadline.first_byte_passed():
            raise no_token_in_time()
    raise tgi.incomplete()


def no_token_in_time() -> ApiError:
    """The error for a model that has not begun to answer when the answer must begin."""
    return ApiError(
        ErrorKind.DEADLINE_EXCEEDED,
        "The model did not begin to answer in time; too many requests may be waiting for it. Try again later.",
        detail="no token before the deadline",
    )


def _before(
    first: tgi.Token | tgi.KeepAlive, rest: Iterator[tgi.Token | tgi.KeepAlive]
) -> Iterator[tgi.Token | tgi.KeepAlive]:
    yield first
    yield from rest
