"""POST /models/{model}: the server's own payload, checked and handed on; its own answer, handed back.

SageMaker gives an answer in one piece 60 seconds and a stream 8 minutes. So an answer in one piece is run as a stream
and put together as the server would have, except where the server cannot stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chat import sse
from chat.call import Call
from chat.errors import ApiError, ErrorKind, internal_error
from chat.http import Body, Response, json_response
from chat.models import DeployedModel
from chat.serving.container import NativeMode, NativeRequest, NativeRoute
from chat.serving.containers import container_of
from chat.serving.sagemaker import ByteStream, Endpoints


@dataclass(frozen=True, slots=True)
class NativeOperation:
    """The operation, on `endpoints`."""

    endpoints: Endpoints

    def generate(self, model: DeployedModel, body: dict[str, object], raw: bytes, call: Call) -> Response:
        """Answer `body`, which came as the bytes `raw`. Raises ApiError for everything that fails before the first
        token."""
        container = container_of(model)
        request = container.native.request(body, raw, container)
        call.record.model, call.record.stream = model.name, request.mode is NativeMode.RELAYED
        call.record.attempt()
        stream = self.endpoints.invoke(container, request.payload)
        if request.mode is NativeMode.RELAYED:
            return _relayed(container.native, stream, call)
        try:
            if request.mode is NativeMode.WHOLE:
                return _whole(stream, call)
            return _assembled(container.native, request, stream, call)
        finally:
            stream.close()


def _relayed(route: NativeRoute, stream: ByteStream, call: Call) -> Response:
    try:
        opening = route.opening(stream, call.deadline)
    except BaseException:
        stream.close()
        raise
    call.record.first_token()
    return Response(200, dict(sse.HEADERS), Body(_relay(route, opening, stream, call), stream.close), call.record)


def _whole(stream: ByteStream, call: Call) -> Response:
    answer = b"".join(stream)
    call.record.first_token()
    return Response(200, {"content-type": "application/json"}, Body([answer]), call.record)


def _assembled(route: NativeRoute, request: NativeRequest, stream: ByteStream, call: Call) -> Response:
    answer = route.assemble(stream, request, call.deadline.whole_answer(), call.record)
    return json_response(answer, record=call.record)


def _relay(route: NativeRoute, opening: bytes, stream: ByteStream, call: Call) -> Iterator[bytes]:
    """The server's own bytes. An error that did not come from it is one more event, in the shape of all errors of this
    API."""
    yield opening
    try:
        for part in stream:
            yield part
            if call.deadline.passed():
                raise _too_slow(route)
    except Exception as error:
        reported = error if isinstance(error, ApiError) else internal_error(error)
        call.record.fail(reported)
        yield b"\n\n" + sse.event(reported.body())
    finally:
        stream.close()


def _too_slow(route: NativeRoute) -> ApiError:
    return ApiError(
        ErrorKind.DEADLINE_EXCEEDED,
        f"The answer took longer than a request may. Ask for fewer {route.length_parameter}.",
        detail="deadline in a native stream",
    )
