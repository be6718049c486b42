"""AWS_PROXY integrations: the event, the call, and the response, whole or as a stream."""

import asyncio
import base64
import json
import logging
import time
from collections.abc import AsyncIterator

from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import FunctionTarget, Integration
from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.api_gateway.proxy_response import (
    MalformedResponseError,
    PreludeReader,
    ProxyResponse,
    parse_buffered,
)
from local_aws.data_plane.http_messages import Response
from local_aws.data_plane.lambda_service.invocation import FunctionError, InvocationRefusedError, ResponseStream
from local_aws.data_plane.lambda_service.service import LambdaService
from local_aws.data_plane.settings import Limits

logger = logging.getLogger(__name__)


class LambdaIntegration:
    """Calls functions for the gateway."""

    def __init__(self, functions: LambdaService, limits: Limits) -> None:
        self._functions = functions
        self._limits = limits

    async def run(
        self, function: FunctionTarget, integration: Integration, context: RequestContext, response: Response
    ) -> None:
        """Raises GatewayError as long as nothing was sent; after that a failure cuts the connection."""
        deadline = time.monotonic() + integration.timeout_seconds
        # When the client goes away or the time is over, the function runs on and what it writes is dropped (`abandon`),
        # as in AWS.
        stream = await self._invoke(function, integration.timeout_seconds, context, response)
        try:
            if integration.streaming:
                await self._stream(stream, context, response, deadline)
            else:
                await self._buffer(stream, context, response, deadline)
        finally:
            stream.abandon()

    async def _invoke(
        self, function: FunctionTarget, seconds: float, context: RequestContext, response: Response
    ) -> ResponseStream:
        try:
            async with asyncio.timeout(seconds), response.while_connected():
                return await self._functions.invoke(function, proxy_event(context), trace_id=context.trace_id)
        except TimeoutError:
            raise GatewayError(
                "INTEGRATION_TIMEOUT", "no environment of the function was ready in the integration's time"
            ) from None
        except InvocationRefusedError as error:
            if error.code == "RequestTooLargeException":
                raise GatewayError("REQUEST_TOO_LARGE", str(error)) from error
            raise GatewayError("API_CONFIGURATION_ERROR", f"Lambda refused the call: {error.code}: {error}") from error

    async def _buffer(
        self, stream: ResponseStream, context: RequestContext, response: Response, deadline: float
    ) -> None:
        try:
            async with asyncio.timeout(deadline - time.monotonic()), response.while_connected():
                payload = await stream.read()
            answer = parse_buffered(payload, decode_binary=_binary(context, context.header("accept")))
        except TimeoutError:
            raise GatewayError("INTEGRATION_TIMEOUT", "the function did not answer in the integration's time") from None
        except (FunctionError, MalformedResponseError) as error:
            raise _bad_gateway(error) from error
        headers = _with_gateway_headers(answer, context)
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        await response.send(answer.status, headers, answer.body)

    async def _stream(
        self, stream: ResponseStream, context: RequestContext, response: Response, deadline: float
    ) -> None:
        chunks = stream.chunks()
        reader = PreludeReader(self._limits.stream_prelude_bytes)
        answer, first = await self._read_prelude(chunks, reader, response, deadline)
        bodyless = answer.status in (204, 304)
        headers = _with_gateway_headers(answer, context)
        if not bodyless and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        await response.start(answer.status, headers)
        try:
            if not bodyless and context.request.method != "HEAD":
                await response.write(first)
                while True:
                    wait = min(self._limits.stream_idle_seconds, deadline - time.monotonic())
                    async with asyncio.timeout(wait), response.while_connected():
                        chunk = await anext(chunks, None)
                    if chunk is None:
                        break
                    await response.write(chunk)
            await response.end()
        except TimeoutError:
            logger.warning("%s: the stream was cut: idle or longer than the integration's time", context.request_id)
            response.abort()
        except FunctionError as error:
            logger.warning("%s: the stream was cut: %s", context.request_id, error)
            response.abort()

    async def _read_prelude(
        self, chunks: AsyncIterator[bytes], reader: PreludeReader, response: Response, deadline: float
    ) -> tuple[ProxyResponse, bytes]:
        try:
            async with asyncio.timeout(deadline - time.monotonic()), response.while_connected():
                async for chunk in chunks:
                    found = reader.feed(chunk)
                    if found is not None:
                        return found
        except TimeoutError:
            raise GatewayError(
                "INTEGRATION_TIMEOUT", "the function did not begin its answer in the integration's time"
            ) from None
        except FunctionError as error:
            raise _bad_gateway(error) from error
        except MalformedResponseError as error:
            raise GatewayError("DEFAULT_5XX", f"malformed streamed response: {error}", status=500) from error
        raise GatewayError("DEFAULT_5XX", "malformed streamed response: it ended before the delimiter", status=500)


def proxy_event(context: RequestContext) -> bytes:
    """The Lambda proxy event, payload version 1.0."""
    binary = _binary(context, context.header("content-type"))
    body = base64.b64encode(context.body).decode() if binary else context.body.decode("utf-8", "replace")
    return json.dumps({**context.proxy_parts(), "body": body or None, "isBase64Encoded": binary}).encode()


def _bad_gateway(error: Exception) -> GatewayError:
    return GatewayError("DEFAULT_5XX", f"the function failed or answered in a wrong form: {error}", status=502)


def _with_gateway_headers(answer: ProxyResponse, context: RequestContext) -> list[tuple[str, str]]:
    own = [
        ("x-amzn-RequestId", context.request_id),
        ("x-amz-apigw-id", context.extended_id),
        ("X-Amzn-Trace-Id", context.trace_id),
    ]
    names = {name.lower() for name, _ in own}
    return [*((name, value) for name, value in answer.headers if name.lower() not in names), *own]


def _binary(context: RequestContext, media_types: str | None) -> bool:
    """Whether a Content-Type or the first type of an Accept header is one of the API's binary media types."""
    first = (media_types or "").partition(",")[0].partition(";")[0].strip().lower()
    known = [media_type.lower() for media_type in context.api.binary_media_types]
    return bool(known) and ("*/*" in known or first in known or f"{first.partition('/')[0]}/*" in known)
