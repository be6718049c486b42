"""One answer, from the call upstream to the last token: fitting, stops, deadline and counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chat.call import Call
from chat.deadline import Deadline, no_token_in_time
from chat.generation.answer_text import AnswerText
from chat.prompt.fitting import Fit
from chat.serving.container import KeepAlive, PromptTooLongError, ServingContainer, Token, incomplete
from chat.serving.sagemaker import ByteStream, Endpoints


class Prompt(Protocol):
    """A source of prompts: it proposes one, and a shorter one when the server refuses that for its length."""

    def fit(self) -> Fit:
        """The proposal to send now."""
        ...

    def correct(self, refusal: PromptTooLongError) -> None:
        """Learn from the server's refusal of the last proposal. Raises ApiError if there is no other."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationRequest:
    """What to generate, in `container`. `prepared` are its parameters; `choice` counts answers to one prompt.

    `stops` end the answer; all of them are searched here, however many the container takes. `leading_space` and
    `verbatim` are AnswerText's. `keep_tokens` asks for the tokens beside the text. `status_waits` is False where the
    client may get its status line before the first token, when that takes long.
    """

    container: ServingContainer
    prompt: Prompt
    prepared: Mapping[str, object]
    stops: Sequence[str]
    choice: int = 0
    leading_space: bool = False
    verbatim: bool = False
    keep_tokens: bool = False
    status_waits: bool = True


class TextDelta(NamedTuple):
    """Text that is certain, and the tokens that it completes if the request asked for them."""

    text: str
    tokens: Sequence[Token] = ()


class Generation:
    """An answer that has begun. `finish_reason` and the counts are final when `deltas` has ended."""

    def __init__(
        self,
        request: GenerationRequest,
        fit: Fit,
        stream: ByteStream,
        events: Iterator[Token | KeepAlive],
        deadline: Deadline,
    ) -> None:
        self._text = AnswerText(request.stops, leading_space=request.leading_space, verbatim=request.verbatim)
        self._tokens = _TokensOfText() if request.keep_tokens else None
        self._events = events
        self._stream = stream
        self._deadline = deadline
        self.finish_reason: str | None = None
        self.prompt = fit.prompt
        self.messages_dropped = fit.messages_dropped
        self.prompt_tokens = fit.prompt_tokens
        self.prompt_tokens_exact = fit.exact
        self.completion_tokens = 0

    def deltas(self) -> Iterator[TextDelta | KeepAlive]:
        """The answer's text as it becomes certain; a KeepAlive when there was nothing for a while. Raises ApiError."""
        try:
            for event in self._events:
                if isinstance(event, Token):
                    text = self._take(event)
                    if text:
                        yield self._delta(text)
                else:
                    yield event
                if self.finish_reason is None and self._deadline.passed():
                    if self.completion_tokens == 0:
                        raise no_token_in_time()
                    self.finish_reason = "length"
                if self.finish_reason is not None:
                    break
            rest = self._text.finish(cut=self.finish_reason == "length")
            if self._text.stopped:
                self.finish_reason = "stop"
            last = self._delta(rest, ended=True)
            if last.text or last.tokens:
                yield last
        finally:
            self.close()

    def close(self) -> None:
        """End the call upstream. May be called more than once, also before `deltas`."""
        self._stream.close()

    def _take(self, token: Token) -> str:
        self.completion_tokens += 1
        text = ""
        if not token.special:
            text = self._text.feed(token.text)
            if self._tokens is not None:
                self._tokens.add(token)
        if token.final is not None:
            self.completion_tokens = token.final.completion_tokens
            if token.final.prompt_tokens is not None:
                self.prompt_tokens, self.prompt_tokens_exact = token.final.prompt_tokens, True
            self.finish_reason = token.final.finish_reason
        if self._text.stopped:
            self.finish_reason = "stop"
        return text

    def _delta(self, text: str, *, ended: bool = False) -> TextDelta:
        if self._tokens is None:
            return TextDelta(text)
        return TextDelta(text, self._tokens.up_to(self._text.position, begun=ended))


class _TokensOfText:
    """Tokens that wait for their text to be shown."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, int, Token]] = deque()
        self._length = 0

    def add(self, token: Token) -> None:
        start, self._length = self._length, self._length + len(token.text)
        self._waiting.append((start, self._length, token))

    def up_to(self, position: int, *, begun: bool) -> list[Token]:
        """The tokens whose text lies before `position` and that were not given yet; with `begun` also one that only
        begins there, of which a stop cut off the rest."""
        taken = []
        while self._waiting:
            start, end, token = self._waiting[0]
            if end > position and not (begun and start < position):
                break
            taken.append(token)
            self._waiting.popleft()
        return taken


def start(endpoints: Endpoints, request: GenerationRequest, call: Call) -> Generation:
    """Call the model and wait for its first token, so that a failure up to there has a status of its own. Raises
    ApiError."""
    container = request.container
    while True:
        fit = request.prompt.fit()
        payload = container.payload(fit.prompt, fit.max_new_tokens, request.prepared, choice=request.choice)
        call.record.attempt()
        try:
            stream = endpoints.invoke(container, payload)
            try:
                events = container.tokens(stream)
                first = _first_event(container, events, call.deadline, status_waits=request.status_waits)
            except BaseException:
                stream.close()
                raise
        except PromptTooLongError as refusal:
            request.prompt.correct(refusal)
            continue
        return Generation(request, fit, stream, _before(first, events), call.deadline)


def _first_event(
    container: ServingContainer, events: Iterator[Token | KeepAlive], deadline: Deadline, *, status_waits: bool
) -> Token | KeepAlive:
    """The first token; or, for a client that may not wait so long for a status line, the keep-alive at which its
    patience ends. The server has validated and queued the request by then."""
    for event in events:
        if isinstance(event, Token):
            return event
        if deadline.first_byte_passed():
            raise no_token_in_time()
        if not status_waits and deadline.status_due():
            return event
    raise incomplete(container.name)


def _before(first: Token | KeepAlive, rest: Iterator[Token | KeepAlive]) -> Iterator[Token | KeepAlive]:
    yield first
    yield from rest
