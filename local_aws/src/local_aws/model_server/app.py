"""The routes of TGI's router that a SageMaker container shows, and those that its own clients use."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from local_aws.model_server.body import GenerateRequest, parse_json, read_generate
from local_aws.model_server.errors import BodyError, InferenceError
from local_aws.model_server.event_stream import EventStreamResponse, unless_disconnected
from local_aws.model_server.inference import Inference
from local_aws.model_server.responses import event_bytes, generated, stream_step, to_bytes
from local_aws.model_server.sagemaker import read_sagemaker
from local_aws.model_server.settings import BODY_LIMIT_BYTES, Settings


class Router:
    """The handlers; each public method is one route."""

    def __init__(self, inference: Inference, settings: Settings) -> None:
        self._inference = inference
        self._settings = settings
        self._version = settings.version

    async def health(self, _: Request) -> Response:
        """200 as soon as the model is loaded: the server listens only then."""
        return Response()

    async def generate(self, request: Request) -> Response:
        """One object; `stream` in the body is not looked at."""
        body = await _read(request)
        value = parse_json(body, request.headers.get("content-type", ""))
        return await self._generated(request, read_generate(value, body, self._version), as_list=False)

    async def generate_stream(self, request: Request) -> Response:
        """Events."""
        body = await _read(request)
        value = parse_json(body, request.headers.get("content-type", ""))
        return self._streamed(read_generate(value, body, self._version))

    async def compatible(self, request: Request) -> Response:
        """`/`: a list of one object, or events if the body says stream."""
        body = await _read(request)
        value = parse_json(body, request.headers.get("content-type", ""))
        return await self._compatible(request, read_generate(value, body, self._version))

    async def invocations(self, request: Request) -> Response:
        """SageMaker's route: like `/`, with other complaints from 2.4.0 on."""
        if not self._version.sagemaker_request:
            return await self.compatible(request)
        body = await _read(request)
        value = parse_json(body, request.headers.get("content-type", ""))
        return await self._compatible(request, read_sagemaker(value, body, self._version))

    async def _compatible(self, request: Request, generate: GenerateRequest) -> Response:
        generate = generate.with_full_text_default(self._version.return_full_text)
        if generate.stream:
            return self._streamed(generate)
        return await self._generated(request, generate, as_list=True)

    async def _generated(self, request: Request, generate: GenerateRequest, *, as_list: bool) -> Response:
        result = await unless_disconnected(request.receive, self._inference.generate(generate))
        if result is None:
            return Response(status_code=499)  # never sent: the client has gone
        best, others, _ = result
        parameters = generate.parameters
        details = parameters.details or parameters.decoder_input_details
        body = generated(best, others, prompt=generate.prompt_to_return, details=details)
        return _json_response([body] if as_list else body)

    def _streamed(self, generate: GenerateRequest) -> Response:
        return EventStreamResponse(lambda: self._events(generate), {"x-accel-buffering": "no"})

    async def _events(self, generate: GenerateRequest) -> AsyncGenerator[bytes]:
        """The status line is sent before anything is known, so errors too come as events."""
        prefix = self._version.event_prefix
        index = 0
        try:
            async with aclosing(self._inference.stream(generate)) as steps:
                async for step, input_length in steps:
                    index += 1
                    event = stream_step(
                        index,
                        step,
                        prompt=generate.prompt_to_return,
                        details=generate.parameters.details,
                        input_length=input_length if self._version.input_length_in_stream else None,
                    )
                    yield event_bytes(prefix, event)
        except InferenceError as error:
            yield event_bytes(prefix, error.as_json())


def make_app(inference: Inference, settings: Settings) -> Starlette:
    """The ASGI application."""
    router = Router(inference, settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        inference.close()

    return Starlette(
        routes=[
            Route("/health", router.health, methods=["GET"]),
            Route("/ping", router.health, methods=["GET"]),
            Route("/", router.compatible, methods=["POST"]),
            Route("/", router.health, methods=["GET"]),
            Route("/invocations", router.invocations, methods=["POST"]),
            Route("/generate", router.generate, methods=["POST"]),
            Route("/generate_stream", router.generate_stream, methods=["POST"]),
        ],
        exception_handlers={BodyError: _body_error, InferenceError: _inference_error},
        lifespan=lifespan,
    )


def _json_response(value: object, status: int = 200) -> Response:
    return Response(to_bytes(value), status_code=status, media_type="application/json")


async def _read(request: Request) -> bytes:
    """The whole body, or 413 as soon as it is known to be too long."""
    too_long = BodyError(413, "Failed to buffer the request body: length limit exceeded")
    if int(request.headers.get("content-length", "0")) > BODY_LIMIT_BYTES:
        raise too_long
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise too_long
    return bytes(body)


async def _body_error(_: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, BodyError) else 500
    return Response(str(error), status_code=status, media_type="text/plain; charset=utf-8")


async def _inference_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, InferenceError):
        raise error
    return _json_response(error.as_json(), error.status)
