"""The answers of OpenAI's two routes, as far as they are alike: ids, usage, and the events of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat import sse
from chat.errors import ApiError, internal_error
from chat.generation.choices import Choices
from chat.generation.generation import Generation, TextDelta
from chat.http import Body, Response, json_response
from chat.record import Record
from chat.serving.container import Token


@dataclass(frozen=True, slots=True)
class Identity:
    """The members that every object of one answer repeats."""

    id: str
    created: int
    model: str

    def object(self, kind: str, choices: Sequence[dict[str, object]]) -> dict[str, object]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices}


class ChoiceFormat(Protocol):
    """How one route writes choices. `index` is the choice's; a chunk is an object for the list `choices` of an
    event."""

    @property
    def whole_kind(self) -> str: ...

    @property
    def chunk_kind(self) -> str: ...

    def begin(self, index: int) -> dict[str, object] | None:
        """The chunk before anything came, if there is one."""
        ...

    def delta(self, index: int, delta: TextDelta) -> dict[str, object]:
        """The chunk for a delta of text."""
        ...

    def end(self, index: int, finish_reason: str | None) -> dict[str, object]:
        """The last chunk."""
        ...

    def whole(self, index: int, text: TextDelta, finish_reason: str | None) -> dict[str, object]:
        """The choice in one piece."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Choices that are sent to a client. `prompts` are those of the choices whose prompts count: one a prompt."""

    choices: Choices
    prompts: Sequence[Generation]
    identity: Identity
    format: ChoiceFormat
    record: Record

    def streamed(self, *, include_usage: bool) -> Response:
        """The answer as server-sent events."""
        headers = {**sse.HEADERS, **self._dropped_header()}
        return Response(200, headers, Body(self._events(include_usage), self._end), self.record)

    def whole(self, *, best: int | None = None) -> Response:
        """The answer in one piece, once everything came; of each prompt's choices the `best` likeliest, if asked."""
        try:
            texts = self._gathered()
        finally:
            self._end()
        kept = range(len(texts)) if best is None else self._likeliest(texts, best)
        choices = [
            self.format.whole(index, texts[source], self.choices.generations[source].finish_reason)
            for index, source in enumerate(kept)
        ]
        value = {**self.identity.object(self.format.whole_kind, choices), "usage": self.usage()}
        return json_response(value, record=self.record, headers=self._dropped_header())

    def usage(self) -> dict[str, object]:
        """OpenAI's usage object; a prompt length that the server did not tell is marked as an estimate."""
        prompt_tokens = sum(running.prompt_tokens for running in self.prompts)
        completion_tokens = sum(running.completion_tokens for running in self.choices.generations)
        usage: dict[str, object] = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        }
        exact = all(running.prompt_tokens_exact for running in self.prompts)
        return usage if exact else {**usage, "prompt_tokens_estimated": True}

    def _gathered(self) -> list[TextDelta]:
        texts: list[list[str]] = [[] for _ in self.choices.generations]
        tokens: list[list[Token]] = [[] for _ in self.choices.generations]
        for index, item in self.choices.items():
            if isinstance(item, TextDelta):
                texts[index].append(item.text)
                tokens[index].extend(item.tokens)
        return [TextDelta("".join(text), of_text) for text, of_text in zip(texts, tokens, strict=True)]

    def _likeliest(self, texts: Sequence[TextDelta], best: int) -> list[int]:
        """The indices of the `best` choices of each prompt, the one with the highest log probability a token first."""
        each = len(texts) // len(self.prompts)
        kept: list[int] = []
        for first in range(0, len(texts), each):
            group = sorted(range(first, first + each), key=lambda index: _mean_logprob(texts[index]), reverse=True)
            kept.extend(group[:best])
        return kept

    def _events(self, include_usage: bool) -> Iterator[bytes]:
        generations = self.choices.generations

        def event(choice: dict[str, object]) -> bytes:
            value = self.identity.object(self.format.chunk_kind, [choice])
            return sse.event({**value, "usage": None} if include_usage else value)

        try:
            for index in range(len(generations)):
                beginning = self.format.begin(index)
                if beginning is not None:
                    yield event(beginning)
            for index, item in self.choices.items():
                if isinstance(item, TextDelta):
                    yield event(self.format.delta(index, item))
                elif item is None:
                    yield event(self.format.end(index, generations[index].finish_reason))
                else:
                    yield sse.KEEP_ALIVE
            if include_usage:
                yield sse.event({**self.identity.object(self.format.chunk_kind, []), "usage": self.usage()})
            yield sse.DONE
        except Exception as error:
            reported = error if isinstance(error, ApiError) else internal_error(error)
            self.record.fail(reported)
            yield sse.event(reported.body())

    def _end(self) -> None:
        self.choices.close()
        self.choices.note(self.record, self.prompts)

    def _dropped_header(self) -> dict[str, str]:
        """The header that says how many of the oldest messages did not fit and were left out."""
        dropped = self.choices.generations[0].messages_dropped
        return {"x-falconry-messages-dropped": str(dropped)} if dropped else {}


def _mean_logprob(text: TextDelta) -> float:
    return sum(token.logprob for token in text.tokens) / max(1, len(text.tokens))
