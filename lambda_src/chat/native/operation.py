"""POST /models/{model}: TGI's own payload, checked and handed on; its own answer, handed back.

SageMaker gives an answer in one piece 60 seconds and a stream 8 minutes. So an answer in one piece is run as a stream
and put together here as TGI would have, except where TGI cannot stream (`best_of`, `decoder_input_details`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chat import sse
from chat.call import Call
from chat.deadline import Deadline
from chat.errors import ApiError, ErrorKind, internal_error
from chat.generation.generation import no_token_in_time
from chat.http import Body, Response, encode_json, json_response
from chat.models import DeployedModel
from chat.native.parameters import NATIVE_BODY, NATIVE_PARAMETERS
from chat.parameters import check
from chat.record import Record
from chat.serving import tgi
from chat.serving.sagemaker import ByteStream, Endpoints


@dataclass(frozen=True, slots=True)
class Native:
    """The operation, on `endpoints`."""

    endpoints: Endpoints

    def generate(self, model: DeployedModel, body: dict[str, object], raw: bytes, call: Call) -> Response:
        """Answer `body`, which came as the bytes `raw`. Raises ApiError for everything that fails before the first
        token."""
        given = check(NATIVE_BODY, body)
        parameters = given.get("parameters")
        asked: dict[str, object] = parameters if isinstance(parameters, dict) else {}
        check(NATIVE_PARAMETERS, asked, model=model, prefix="parameters.")
        record = call.record
        record.model, record.stream = model.name, given.get("stream") is True
        record.attempt()
        if record.stream:
            return self._streamed(model, raw, call)
        if asked.get("decoder_input_details") is True or asked.get("best_of") not in (None, 1):
            return self._whole(model, raw, record)
        return self._assembled(model, {**body, "stream": True}, asked.get("details") is True, call.whole_answer())

    def _streamed(self, model: DeployedModel, raw: bytes, call: Call) -> Response:
        stream = self.endpoints.invoke(model, raw)
        try:
            opening = _up_to_first_event(stream, call.deadline)
        except BaseException:
            stream.close()
            raise
        call.record.first_token()
        return Response(200, dict(sse.HEADERS), Body(_relay(opening, stream, call), stream.close), call.record)

    def _whole(self, model: DeployedModel, raw: bytes, record: Record) -> Response:
        stream = self.endpoints.invoke(model, raw)
        try:
            answer = b"".join(stream)
        finally:
            stream.close()
        record.first_token()
        return Response(200, {"content-type": "application/json"}, Body([answer]), record)

    def _assembled(self, model: DeployedModel, body: dict[str, object], details: bool, call: Call) -> Response:
        stream = self.endpoints.invoke(model, encode_json(body))
        try:
            answer = _assemble(stream, call.deadline, call.record)
        finally:
            stream.close()
        return json_response([answer if details else {"generated_text": answer["generated_text"]}], record=call.record)


def _up_to_first_event(stream: ByteStream, deadline: Deadline) -> bytes:
    """The bytes up to and with the first event. Raises ApiError if that event is an error."""
    opening = b""
    buffer = sse.LineBuffer()
    for part in stream:
        opening += part
        for line in buffer.feed(part):
            if sse.data(line):
                next(tgi.json_events([line.encode()]))
                return opening
        if deadline.first_byte_passed():
            raise no_token_in_time()
    next(tgi.json_events([opening]), None)
    raise tgi.incomplete()


def _relay(opening: bytes, stream: ByteStream, call: Call) -> Iterator[bytes]:
    """TGI's own bytes. An error that did not come from TGI is one more event, in the shape of all errors of this
    API."""
    yield opening
    try:
        for part in stream:
            yield part
            if call.deadline.passed():
                raise _too_slow()
    except Exception as error:
        reported = error if isinstance(error, ApiError) else internal_error(error)
        call.record.fail(reported)
        yield b"\n\n" + sse.event(reported.body())
    finally:
        stream.close()


def _too_slow() -> ApiError:
    return ApiError(
        ErrorKind.DEADLINE_EXCEEDED,
        "The answer took longer than a request may. Ask for fewer max_new_tokens.",
        detail="deadline in a native stream",
    )


def _assemble(stream: ByteStream, deadline: Deadline, record: Record) -> dict[str, object]:
    """TGI's answer in one piece, from its stream (Details in router/src/lib.rs). At the deadline: what there is so
    far."""
    tokens: list[object] = []
    top_tokens: list[object] = []
    text: str | None = None
    details: dict[str, object] = {}
    for event in tgi.json_events(stream):
        if not isinstance(event, tgi.KeepAlive):
            record.first_token()
            tokens.append(event.get("token"))
            if event.get("top_tokens"):
                top_tokens.append(event["top_tokens"])
            if event.get("generated_text") is not None:
                text = str(event["generated_text"])
                told = event.get("details")
                details = told if isinstance(told, dict) else {}
                break
        if deadline.passed():
            break
    else:
        raise tgi.incomplete()
    if not tokens:
        raise no_token_in_time()
    record.finish_reason = str(details.get("finish_reason", "length")) if details or text is None else None
    record.completion_tokens = len(tokens)
    answer_details: dict[str, object] = {
        "finish_reason": details.get("finish_reason", "length"),
        "generated_tokens": details.get("generated_tokens", len(tokens)),
        "seed": details.get("seed"),
        "prefill": [],
        "tokens": tokens,
    }
    if top_tokens:
        answer_details["top_tokens"] = top_tokens
    return {"generated_text": _text_of(tokens) if text is None else text, "details": answer_details}


def _text_of(tokens: list[object]) -> str:
    return "".join(
        str(token.get("text", "")) for token in tokens if isinstance(token, dict) and not token.get("special")
    )
