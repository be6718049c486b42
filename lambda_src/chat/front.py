"""The front: one pure function from a request to a response. Lambda and the tests are hosts of it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from urllib.parse import unquote
from uuid import uuid4

from chat.call import Call
from chat.deadline import Deadline
from chat.errors import ApiError, ErrorKind, internal_error
from chat.http import Request, Response, error_response, json_response
from chat.models import Models
from chat.native.operation import NativeOperation
from chat.openai.chat_completions import ChatCompletions
from chat.openai.completions import Completions
from chat.prompt.templates import check_templates
from chat.record import Record
from chat.serving.containers import DEFAULT, check_containers, container_named
from chat.serving.sagemaker import Endpoints, SageMakerClient

_Operation = Callable[["Front", Request, str, Call], Response]


def load_models(text: str) -> Models:
    """The models that the JSON `text` describes. Raises ValueError for one that is incomplete or wrong."""
    models = Models.from_json(text)
    check_templates(models)
    check_containers(models)
    return models


class Front:
    """Answers requests for `models` through `client`, a botocore client of `sagemaker-runtime`.

    `now` gives seconds since the epoch, `clock` seconds that never go back.
    """

    def __init__(
        self,
        models: Models,
        client: SageMakerClient,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        endpoints = Endpoints(client)
        self._models = models
        self._chat = ChatCompletions(models, endpoints)
        self._completions = Completions(models, endpoints)
        self._native = NativeOperation(endpoints)
        self._now = now
        self._clock = clock

    def handle(self, request: Request) -> Response:
        """The response, whose status is final: a stream has its first token. Never raises."""
        call = self._call(request)
        try:
            response = self._route(request, call)
        except ApiError as error:
            response = error_response(error, call.record)
        except Exception as error:
            response = error_response(internal_error(error), call.record)
        response.headers["x-request-id"] = request.request_id
        return response

    def _call(self, request: Request) -> Call:
        return Call(
            id=request.request_id or str(uuid4()),
            created=int(self._now()),
            deadline=Deadline.start(request.remaining_seconds, request.client_timeout, self._clock),
            record=Record(),
        )

    def _route(self, request: Request, call: Call) -> Response:
        allowed: list[str] = []
        for method, pattern, operation in _ROUTES:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            if method == request.method:
                return operation(self, request, unquote(match.groupdict().get("model") or ""), call)
            allowed.append(method)
        if allowed:
            raise ApiError(
                ErrorKind.METHOD_NOT_ALLOWED,
                f"{request.path} takes {' and '.join(allowed)}, not {request.method}.",
            )
        known = ", ".join(f"{method} {_readable(pattern)}" for method, pattern, _ in _ROUTES)
        raise ApiError(ErrorKind.UNKNOWN_URL, f"There is no {request.method} {request.path} here. Known: {known}.")

    def _create_chat_completion(self, request: Request, _model: str, call: Call) -> Response:
        return self._chat.create(request.json(), call)

    def _create_completion(self, request: Request, _model: str, call: Call) -> Response:
        return self._completions.create(request.json(), call)

    def _list_models(self, _request: Request, _model: str, call: Call) -> Response:
        return json_response(self._models.public(), record=call.record)

    def _retrieve_model(self, _request: Request, model: str, call: Call) -> Response:
        return json_response(self._models.get(model).public(), record=call.record)

    def _describe(self, _request: Request, _model: str, call: Call) -> Response:
        from chat.openapi.document import document  # the only request that needs it is rare

        container = container_named(next((model.container for model in self._models), DEFAULT))
        return json_response(document((model.name for model in self._models), container), record=call.record)

    def _generate(self, request: Request, model: str, call: Call) -> Response:
        return self._native.generate(self._models.get(model), request.json(), request.body, call)


_ROUTES: tuple[tuple[str, re.Pattern[str], _Operation], ...] = (
    ("POST", re.compile(r"/v1/chat/completions"), Front._create_chat_completion),
    ("POST", re.compile(r"/v1/completions"), Front._create_completion),
    ("GET", re.compile(r"/v1/models"), Front._list_models),
    ("GET", re.compile(r"/v1/models/(?P<model>.+)"), Front._retrieve_model),
    ("POST", re.compile(r"/models/(?P<model>.+)"), Front._generate),
    ("GET", re.compile(r"/openapi\.json"), Front._describe),
)


def _readable(pattern: re.Pattern[str]) -> str:
    return pattern.pattern.replace("(?P<model>.+)", "{model}").replace("\\", "")
