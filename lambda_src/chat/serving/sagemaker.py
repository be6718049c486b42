"""The call to a SageMaker endpoint: always as a response stream, always one attempt.

What SageMaker itself says about a failure names the account and a console address; none of it reaches a client.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import ReadTimeoutError as BodyReadTimeoutError

from chat.errors import ApiError, ErrorKind
from chat.serving.container import ServingContainer

_SERVICE = "sagemaker-runtime"

READ_TIMEOUT_SECONDS = 75
"""SageMaker gives a container 60 seconds and advises clients to wait 70 (API reference of InvokeEndpoint)."""

CONNECT_TIMEOUT_SECONDS = 5


class EventStream(Protocol):
    """botocore's event stream: events such as {"PayloadPart": {"Bytes": b"..."}}."""

    def __iter__(self) -> Iterator[dict[str, dict[str, bytes]]]: ...

    def close(self) -> None: ...


class SageMakerClient(Protocol):
    """The one operation of botocore's `sagemaker-runtime` client that is used."""

    def invoke_endpoint_with_response_stream(self, **request: str | bytes) -> dict[str, EventStream]: ...


def create_client() -> SageMakerClient:
    """The client, from the environment that Lambda sets. A generation is never replayed: one attempt, no shorter
    timeout."""
    from botocore.config import Config
    from botocore.session import get_session

    session = get_session()
    # botocore lists the folders of some 440 services, twice, to see that this one exists: a quarter of the time that it
    # takes to make the client.
    session.get_component("data_loader").list_available_services = lambda type_name: [_SERVICE]
    client: SageMakerClient = session.create_client(
        _SERVICE,
        region_name=os.environ.get("AWS_REGION"),
        config=Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            read_timeout=READ_TIMEOUT_SECONDS,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            tcp_keepalive=True,
        ),
    )
    return client


class ByteStream:
    """The bytes that `container` answers with, cut anywhere. Raises ApiError where the stream fails."""

    def __init__(self, events: EventStream, container: ServingContainer) -> None:
        self._events = events
        self._container = container
        self._iterator = iter(events)

    def __iter__(self) -> ByteStream:
        return self

    def __next__(self) -> bytes:
        while True:
            try:
                event = next(self._iterator)
            except (ClientError, BotoCoreError, HTTPError, OSError) as error:
                raise _api_error(error, self._container) from error
            part = event.get("PayloadPart", {}).get("Bytes")
            if part:
                return part

    def close(self) -> None:
        """Give up the stream: the connection to SageMaker is closed. May be called more than once."""
        self._events.close()


class Endpoints:
    """The deployment's endpoints, called through `client`."""

    def __init__(self, client: SageMakerClient) -> None:
        self._client = client

    def invoke(self, container: ServingContainer, body: bytes) -> ByteStream:
        """Send `body` (JSON) to the endpoint where `container` serves its model. Raises ApiError."""
        model = container.model
        component = {"InferenceComponentName": model.inference_component} if model.inference_component else {}
        try:
            response = self._client.invoke_endpoint_with_response_stream(
                EndpointName=model.endpoint,
                ContentType="application/json",
                Accept="application/json",
                Body=body,
                **component,
            )
        except (ClientError, BotoCoreError, HTTPError, OSError) as error:
            raise _api_error(error, container) from error
        return ByteStream(response["Body"], container)


_BY_CODE: dict[str, tuple[ErrorKind, str]] = {
    "ThrottlingException": (
        ErrorKind.RATE_LIMIT_EXCEEDED,
        "Too many requests to the model at once. Try again shortly.",
    ),
    "ModelNotReadyException": (ErrorKind.MODEL_NOT_READY, "The model is being loaded. Try again in a few seconds."),
    "ServiceUnavailable": (ErrorKind.UPSTREAM_UNAVAILABLE, "The model's endpoint is not available. Try again shortly."),
    "AccessDeniedException": (
        ErrorKind.UPSTREAM_ACCESS_DENIED,
        "This API has no permission to call the model's endpoint. Its operator must check the function's role.",
    ),
    "InternalStreamFailure": (ErrorKind.GENERATION_FAILED, "The connection to the model broke off."),
    "ModelStreamError": (ErrorKind.GENERATION_FAILED, "The connection to the model broke off."),
}
_BY_CODE["Throttling"] = _BY_CODE["ThrottlingException"]
_BY_CODE["AccessDenied"] = _BY_CODE["AccessDeniedException"]

_TIMEOUT = (ErrorKind.UPSTREAM_TIMEOUT, "The model did not answer in time. Ask for fewer tokens, or stream the answer.")
_FAILED = (ErrorKind.UPSTREAM_FAILED, "The model's endpoint failed.")
_UNREACHABLE = (ErrorKind.UPSTREAM_UNAVAILABLE, "The model's endpoint could not be reached. Try again shortly.")

_BY_MESSAGE: tuple[tuple[str, str, ErrorKind, str], ...] = (
    # Each ValidationError has status 400; SageMaker tells them apart by words only.
    (
        "ValidationError",
        "no capacity",
        ErrorKind.MODEL_STARTING,
        "The model is scaled to zero and is being started; this takes minutes.",
    ),
    (
        "ValidationError",
        "not in service",
        ErrorKind.MODEL_STARTING,
        "The model's endpoint is not in service yet; a new one takes minutes to start.",
    ),
    (
        "ValidationError",
        "not found",
        ErrorKind.ENDPOINT_NOT_FOUND,
        "The model's endpoint does not exist. It may be stopped or not deployed yet.",
    ),
    # The error has an ErrorCode too (ModelInvocationTimeExceeded), but botocore drops it when it parses the event.
    ("ModelStreamError", "allotted time", *_TIMEOUT),
)

_CONNECT_ERRORS = ("ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError")


def _api_error(error: Exception, container: ServingContainer) -> ApiError:
    if isinstance(error, ClientError):
        return _of_client_error(error, container)
    if isinstance(error, ReadTimeoutError | BodyReadTimeoutError | TimeoutError):
        kind, message = _TIMEOUT
    elif type(error).__name__ in _CONNECT_ERRORS:
        kind, message = _UNREACHABLE
    else:
        kind, message = _FAILED
    return ApiError(kind, message, detail=type(error).__name__)


def _of_client_error(error: ClientError, container: ServingContainer) -> ApiError:
    response: dict[str, object] = dict(error.response)
    described = response.get("Error")
    fields: dict[str, object] = described if isinstance(described, dict) else {}
    code = str(fields.get("Code", ""))
    if code == "ModelError":
        status = response.get("OriginalStatusCode", 500)
        text = str(response.get("OriginalMessage", ""))
        return container.error_of_response(status if isinstance(status, int) else 500, text)
    text = str(fields.get("Message", "")).lower()
    by_message = next((row[2:] for row in _BY_MESSAGE if row[0] == code and row[1] in text), None)
    kind, message = by_message or _BY_CODE.get(code, _FAILED)
    return ApiError(kind, message, detail=f"sagemaker {code}")
