"""POST /v1/chat/completions: OpenAI's request and answer around a Generation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chat import generation, sse
from chat.chat_parameters import CHAT_BODY, STREAM_OPTIONS
from chat.deadline import Deadline
from chat.errors import ApiError, ErrorKind, internal_error
from chat.generation import Generation, Order
from chat.http import Body, Response, json_response
from chat.messages import parse_messages
from chat.models import DeployedModel, Models
from chat.parameters import check
from chat.prompt import ChatTemplate
from chat.record import Record
from chat.sagemaker import Endpoints
from chat.tgi import KeepAlive

EVENT_STREAM_HEADERS = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}

_GREEDY_BELOW = 0.01
"""Logits are divided by the temperature. Below this the likeliest token is taken anyway, and TGI refuses 0."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request that was checked."""

    order: Order
    stream: bool
    include_usage: bool


@dataclass(frozen=True, slots=True)
class Identity:
    """What every chunk of one answer repeats."""

    id: str
    created: int
    model: str

    def object(self, kind: str, choices: list[dict[str, object]]) -> dict[str, object]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices}


@dataclass(slots=True)
class ChatCompletions:
    """The operation, for the deployed `models` on `endpoints`."""

    models: Models
    endpoints: Endpoints

    def create(
        self, body: dict[str, object], request_id: str, created: int, deadline: Deadline, record: Record
    ) -> Response:
        """Answer `body`. Raises ApiError for everything that fails before the first token."""
        request = self._parse(body, record)
        identity = Identity(f"chatcmpl-{request_id}", created, request.order.model.name)
        if request.stream:
            running = generation.start(self.endpoints, request.order, deadline, record)
            chunks = _chunks(running, identity, request.include_usage, record)
            return Response(
                200, {**EVENT_STREAM_HEADERS, **_dropped_header(running)}, Body(chunks, running.close), record
            )
        running = generation.start(self.endpoints, request.order, deadline.whole_answer(), record)
        content = "".join(piece for piece in running.pieces() if isinstance(piece, str))
        return json_response(_completion(running, identity, content), record=record, headers=_dropped_header(running))

    def _parse(self, body: dict[str, object], record: Record) -> ChatRequest:
        model = self._model(body)
        record.model = model.name
        template = self.models.chat_template(model)
        given = check(CHAT_BODY, body, model=model)
        stream = given.get("stream") is True
        record.stream = stream
        messages = parse_messages(given["messages"])
        options = _stream_options(given.get("stream_options"), stream)
        return ChatRequest(
            Order(
                model=model,
                template=template,
                messages=messages,
                parameters=sampling(given),
                max_tokens=_max_tokens(given),
                stops=_stops(template, given.get("stop")),
            ),
            stream=stream,
            include_usage=options.get("include_usage") is True,
        )

    def _model(self, body: dict[str, object]) -> DeployedModel:
        """The model first: which one decides what else is allowed."""
        name = body.get("model")
        if not isinstance(name, str):
            check(CHAT_BODY[:1], {"model": name})
        return self.models.get(str(name))


def sampling(given: dict[str, object]) -> dict[str, object]:
    """TGI's sampling parameters for OpenAI's, whose default temperature is 1.

    TGI refuses a temperature of 0 and a top_p of 1, and samples whenever one of them (or top_k, typical_p) is there at
    all.
    """
    kept = ("seed", "repetition_penalty", "frequency_penalty")
    parameters = {name: given[name] for name in kept if name in given}
    temperature = given.get("temperature")
    if (isinstance(temperature, int | float) and temperature < _GREEDY_BELOW) or given.get("top_p") == 0:
        return {**parameters, "do_sample": False}
    parameters["do_sample"] = True
    return parameters | {name: given[name] for name in ("temperature", "top_p", "top_k", "typical_p") if name in given}


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


def _stops(template: ChatTemplate, stop: object) -> list[str]:
    asked = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    return list(dict.fromkeys([*template.stops, *asked]))


def _stream_options(value: object, stream: bool) -> dict[str, object]:
    if not isinstance(value, dict):
        return {}
    if not stream:
        raise ApiError(
            ErrorKind.INVALID_VALUE, "stream_options is only allowed when stream is true.", param="stream_options"
        )
    return check(STREAM_OPTIONS, value, prefix="stream_options.")


def _completion(running: Generation, identity: Identity, content: str) -> dict[str, object]:
    choice: dict[str, object] = {
        "index": 0,
        "message": {"role": "assistant", "content": content, "refusal": None},
        "logprobs": None,
        "finish_reason": running.finish_reason,
    }
    return {**identity.object("chat.completion", [choice]), "usage": running.usage()}


def _chunks(running: Generation, identity: Identity, include_usage: bool, record: Record) -> Iterator[bytes]:
    def chunk(delta: dict[str, object], finish_reason: str | None = None) -> bytes:
        choice: dict[str, object] = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        value = identity.object("chat.completion.chunk", [choice])
        return sse.event({**value, "usage": None} if include_usage else value)

    try:
        yield chunk({"role": "assistant", "content": "", "refusal": None})
        for piece in running.pieces():
            yield sse.KEEP_ALIVE if isinstance(piece, KeepAlive) else chunk({"content": piece})
        yield chunk({}, running.finish_reason)
        if include_usage:
            yield sse.event({**identity.object("chat.completion.chunk", []), "usage": running.usage()})
        yield sse.DONE
    except Exception as error:
        reported = error if isinstance(error, ApiError) else internal_error(error)
        record.fail(reported)
        yield sse.event(reported.body())


def _dropped_header(running: Generation) -> dict[str, str]:
    """Tells that the oldest messages did not fit and were left out."""
    return {"x-falconry-messages-dropped": str(running.messages_dropped)} if running.messages_dropped else {}
