"""InvokeEndpoint and InvokeEndpointWithResponseStream, and the containers that answer them."""

import asyncio
import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2

from local_aws.data_plane.http_messages import BodyTooLargeError, Request, Response
from local_aws.data_plane.log_file import LogGroupWriter
from local_aws.data_plane.metrics import MetricWriter
from local_aws.data_plane.sagemaker_runtime import errors, event_stream
from local_aws.data_plane.sagemaker_runtime.endpoint import Endpoint, Seen, list_endpoints, load_endpoint
from local_aws.data_plane.sagemaker_runtime.errors import ServiceError
from local_aws.data_plane.sagemaker_runtime.model_container import ModelContainer
from local_aws.data_plane.settings import Settings
from local_aws.guardian import Guardian

logger = logging.getLogger(__name__)

_ROUTE = re.compile(
    r"^/endpoints/(?P<name>[a-zA-Z0-9](-*[a-zA-Z0-9])*)/(?P<call>invocations|invocations-response-stream)$"
)
_COMPONENT = "x-amzn-sagemaker-inference-component"
_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_ERROR_TEXT_BYTES = 64 * 1024

_Key = tuple[str, str | None]
"""An endpoint's name, and its component's where it has components."""


class SageMakerRuntime:
    """Runs a container per endpoint and forwards invocations to it."""

    def __init__(
        self, settings: Settings, clients: Any, guardian: Guardian, log_groups: LogGroupWriter, metrics: MetricWriter
    ) -> None:
        self._metrics = metrics
        self._at_once: Counter[str] = Counter()
        self._settings = settings
        self._log_groups = log_groups
        self._limits = settings.limits
        self._clients = clients
        self._guardian = guardian
        self._http = httpx2.AsyncClient(timeout=None, trust_env=False, limits=httpx2.Limits(max_connections=None))
        self._endpoints: dict[str, Endpoint] = {}
        self._containers: dict[_Key, ModelContainer] = {}
        self._seen: dict[str, Seen] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        self._refreshing = asyncio.Lock()
        self.account_id = ""

    def describe(self) -> dict[str, dict[str, object]]:
        """Status and container of each endpoint and component, for the health report."""
        report: dict[str, dict[str, object]] = {}
        for name, endpoint in self._endpoints.items():
            for component in endpoint.served or (None,):
                container = self._containers.get((name, component))
                report[component or name] = {
                    "status": endpoint.status,
                    "container": container.state if container else None,
                    "reason": container.reason if container else None,
                    "pid": container.pid if container else None,
                }
        return report

    async def refresh(self) -> None:
        """Reads the endpoints; starts, renews and ends containers."""
        async with self._refreshing:
            await self._refresh()

    async def _refresh(self) -> None:
        with_components = [name for name, endpoint in self._endpoints.items() if endpoint.has_components]
        listed = await asyncio.to_thread(list_endpoints, self._clients.sagemaker, with_components)
        for name, seen in listed.items():
            if self._seen.get(name) != seen:
                endpoint = await asyncio.to_thread(load_endpoint, self._clients.sagemaker, name)
                self._seen[name] = seen
                self._endpoints[name] = endpoint
                self._renew_containers(endpoint)
        for name in set(self._endpoints) - set(listed):
            del self._endpoints[name], self._seen[name]
        for key in [key for key in self._containers if not self._is_served(key)]:
            self._retire(key)

    def _is_served(self, key: _Key) -> bool:
        name, component = key
        endpoint = self._endpoints.get(name)
        # While an endpoint is updated or rolled back it keeps serving with what it has.
        return endpoint is not None and (endpoint.status != "InService" or component in endpoint.served)

    def _renew_containers(self, endpoint: Endpoint) -> None:
        if endpoint.status != "InService":
            return
        for component, served in endpoint.served.items():
            key = (endpoint.name, component)
            current = self._containers.get(key)
            if served.copies == 0:
                self._retire(key)
            elif current is None or current.container != served.container:
                container = ModelContainer(
                    component or endpoint.name,
                    served.container,
                    self._settings,
                    self._guardian,
                    self._http,
                    self._line_sink(endpoint, component),
                )
                container.start()
                self._retire(key)
                self._containers[key] = container

    def _line_sink(self, endpoint: Endpoint, component: str | None) -> Callable[[str], None]:
        """Into the log group, in a stream named after variant and instance, as SageMaker writes it."""
        group = (
            f"/aws/sagemaker/InferenceComponents/{component}"
            if component
            else f"/aws/sagemaker/Endpoints/{endpoint.name}"
        )
        stream = f"{endpoint.variant}/i-{uuid.uuid4().hex[:17]}"
        return lambda line: self._log_groups.write(group, stream, line)

    def _retire(self, key: _Key) -> None:
        container = self._containers.pop(key, None)
        if container is not None:
            task = asyncio.create_task(container.stop())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    async def stop(self) -> None:
        stopping = [container.stop() for container in self._containers.values()]
        await asyncio.gather(*stopping, *self._retiring, return_exceptions=True)
        await self._http.aclose()

    # -- requests ----------------------------------------------------------------------------------
    async def handle(self, request: Request, response: Response) -> None:
        request_id = str(uuid.uuid4())
        try:
            match = _ROUTE.match(request.path)
            if match is None or request.method != "POST":
                raise ServiceError(
                    404,
                    "UnknownOperationException",
                    Message=f"{request.method} {request.path} is no call of this service",
                )
            await self._invoke(match["name"], match["call"].endswith("stream"), request, response, request_id)
        except ServiceError as error:
            logger.info("%s: %s", request.path, error)
            headers = [
                ("Content-Type", "application/json"),
                ("x-amzn-RequestId", request_id),
                ("x-amzn-ErrorType", error.name),
            ]
            await response.send(error.status, headers, error.body())

    async def _invoke(self, name: str, streaming: bool, request: Request, response: Response, request_id: str) -> None:
        if not (request.header("authorization") or "").startswith("AWS4-HMAC-SHA256 "):
            raise ServiceError(403, "MissingAuthenticationTokenException", Message="Missing Authentication Token")
        try:
            body = await request.read(self._limits.sagemaker_request_bytes)
        except BodyTooLargeError:
            raise errors.too_large(self._limits.sagemaker_request_bytes) from None
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            await self.refresh()
            endpoint = self._endpoints.get(name)
        if endpoint is None:
            raise errors.endpoint_not_found(name, self.account_id)
        container = self._container(endpoint, request.header(_COMPONENT))
        started = time.monotonic()
        self._at_once[name] += 1
        status = 200
        try:
            await self._answer(endpoint, container, body, request, streaming, response, request_id)
        except ServiceError as error:
            # 0 stands for a container that did not answer: SageMaker counts that with the 5xx.
            status = int(error.members.get("OriginalStatusCode") or 500)
            raise
        finally:
            self._measure(endpoint, status, time.monotonic() - started)
            self._at_once[name] -= 1

    def _measure(self, endpoint: Endpoint, status: int, seconds: float) -> None:
        """What SageMaker counts of an invocation ("Amazon SageMaker AI metrics in Amazon CloudWatch")."""
        dimensions = {"EndpointName": endpoint.name, "VariantName": endpoint.variant}
        self._metrics.add(
            "AWS/SageMaker",
            dimensions,
            {
                "Invocations": (1.0, "None"),
                "Invocation4XXErrors": (float(400 <= status < 500), "None"),
                "Invocation5XXErrors": (float(status >= 500), "None"),
                "ModelLatency": (seconds * 1e6, "Microseconds"),
                "ConcurrentRequestsPerModel": (float(self._at_once[endpoint.name]), "None"),
            },
        )

    async def _answer(
        self,
        endpoint: Endpoint,
        container: ModelContainer,
        body: bytes,
        request: Request,
        streaming: bool,
        response: Response,
        request_id: str,
    ) -> None:
        started = time.monotonic()
        answer = await self._call_container(endpoint, container, body, request, streaming, response)
        try:
            content_type = answer.headers.get("content-type", "application/octet-stream")
            common = [("x-amzn-RequestId", request_id), ("x-Amzn-Invoked-Production-Variant", endpoint.variant)]
            if _ATTRIBUTES in answer.headers:
                common.append((_ATTRIBUTES, answer.headers[_ATTRIBUTES]))
            if streaming:
                headers = [("Content-Type", event_stream.CONTENT_TYPE), ("X-Amzn-SageMaker-Content-Type", content_type)]
                await response.start(200, [*headers, *common])
                await self._forward_stream(answer, response, started + self._limits.sagemaker_stream_seconds)
            else:
                data = await self._read_answer(endpoint, answer, started, response)
                await response.send(200, [("Content-Type", content_type), *common], data)
        finally:
            await answer.aclose()

    def _container(self, endpoint: Endpoint, component: str | None) -> ModelContainer:
        """The container that is to answer. Raises ServiceError if there is none."""
        container = self._containers.get((endpoint.name, component))
        if endpoint.status != "InService" and (
            container is None or endpoint.status not in ("Updating", "SystemUpdating", "RollingBack")
        ):
            raise errors.endpoint_not_in_service(endpoint)
        if component is None and endpoint.has_components:
            raise errors.component_needed()
        if component is not None and component not in endpoint.served:
            raise errors.component_not_found(component) if endpoint.has_components else errors.component_not_allowed()
        if container is None and endpoint.served and endpoint.served[component].copies == 0:
            raise errors.no_capacity()
        if container is None:
            raise errors.validation_error(f"Endpoint {endpoint.name} has no model that this emulation can run.")
        return container

    async def _call_container(
        self,
        endpoint: Endpoint,
        container: ModelContainer,
        body: bytes,
        request: Request,
        streaming: bool,
        response: Response,
    ) -> httpx2.Response:
        """The container's answer up to its headers.

        Raises ServiceError for a 4xx, a 5xx, a timeout or a broken connection.
        """
        allowed = self._limits.sagemaker_invocation_seconds
        accept = request.header("x-amzn-sagemaker-accept" if streaming else "accept")
        headers = {"content-type": request.header("content-type") or "application/octet-stream"}
        if accept:
            headers["accept"] = accept
        for name in (_ATTRIBUTES, "x-amzn-sagemaker-inference-id"):
            value = request.header(name)
            if value is not None:
                headers[name] = value
        try:
            async with asyncio.timeout(allowed), response.while_connected():
                if not await container.wait_ready(allowed):
                    raise errors.model_error(endpoint, 0, errors.TIMED_OUT)
                message = self._http.build_request(
                    "POST", f"{container.url}/invocations", content=body, headers=headers
                )
                answer = await self._http.send(message, stream=True)
                if answer.status_code >= 400:
                    text = (await answer.aread())[:_ERROR_TEXT_BYTES].decode("utf-8", "replace")
                    await answer.aclose()
                    raise errors.model_error(endpoint, answer.status_code, text)
                return answer
        except TimeoutError:
            raise errors.model_error(endpoint, 0, errors.TIMED_OUT) from None
        except httpx2.HTTPError as error:
            logger.warning("endpoint %s: the container did not answer: %r", endpoint.name, error)
            raise errors.model_error(
                endpoint, 0, "The container primary closed the connection without an answer."
            ) from error

    async def _read_answer(
        self, endpoint: Endpoint, answer: httpx2.Response, started: float, response: Response
    ) -> bytes:
        try:
            async with (
                asyncio.timeout(started + self._limits.sagemaker_invocation_seconds - time.monotonic()),
                response.while_connected(),
            ):
                return bytes(await answer.aread())
        except TimeoutError:
            raise errors.model_error(endpoint, 0, errors.TIMED_OUT) from None
        except httpx2.HTTPError as error:
            raise errors.model_error(
                endpoint, 0, "The container primary closed the connection within its answer."
            ) from error

    async def _forward_stream(self, answer: httpx2.Response, response: Response, deadline: float) -> None:
        """Container bytes become PayloadParts, as they come or in pieces of `part_size`.

        A failure becomes the stream's last message.
        """
        try:
            async with asyncio.timeout(deadline - time.monotonic()), response.while_connected():
                async for part in _resized(answer.aiter_raw(), self._settings.part_size):
                    await response.write(event_stream.payload_part(part))
        except TimeoutError:
            fields = {"Message": errors.STREAM_TIMED_OUT, "ErrorCode": "ModelInvocationTimeExceeded"}
            await response.write(event_stream.stream_exception("ModelStreamError", fields))
        except httpx2.HTTPError as error:
            logger.warning("the container's stream broke: %r", error)
            fields = {"Message": errors.STREAM_BROKEN, "ErrorCode": "StreamBroken"}
            await response.write(event_stream.stream_exception("ModelStreamError", fields))
        await response.end()


async def _resized(chunks: AsyncIterator[bytes], size: int | None) -> AsyncIterator[bytes]:
    """Chunks as they come, or cut anew into pieces of `size` bytes, without holding back what has arrived."""
    async for chunk in chunks:
        if size is None:
            yield chunk
        else:
            for start in range(0, len(chunk), size):
                yield chunk[start : start + size]
