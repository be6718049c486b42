"""The seam: another product behind the endpoint is one class, and the front speaks to it in the same words."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, ClassVar

import pytest
from chat.deadline import Deadline
from chat.errors import ApiError, ErrorKind
from chat.features import Feature, Server
from chat.front import Front
from chat.models import Models
from chat.parameters import Parameter, check
from chat.record import Record
from chat.serving.container import (
    Final,
    GenerationParameters,
    KeepAlive,
    NativeMode,
    NativeRequest,
    NativeRoute,
    PromptTooLongError,
    ServingContainer,
    Token,
)
from chat.serving.containers import container_named

from falconry import catalog

from .front_support import CHAT, Clock, FakeClient, chat, model, model_error, read, send


class LineRoute(NativeRoute):
    body = (Parameter(name="line", types=("string",), required=True, description="The line to go on with."),)
    parameters = ()
    length_parameter = "length"
    prompt_details = '"whole": true'

    def request(self, body: Mapping[str, object], raw: bytes, server: Server) -> NativeRequest:
        check(self.body, body, server=server)
        return NativeRequest(payload=raw, mode=NativeMode.ASSEMBLED)

    def opening(self, parts: Iterable[bytes], deadline: Deadline) -> bytes:
        return next(iter(parts))

    def assemble(
        self, parts: Iterable[bytes], request: NativeRequest, deadline: Deadline, record: Record
    ) -> list[object]:
        return [part.decode() for part in parts]

    def schemas(self) -> Mapping[str, object]:
        return {"GenerateAnswer": {"type": "array"}, "GenerateEvent": {"type": "string"}}


class LineContainer(ServingContainer):
    """A server whose stream is one token a part, the last of which is a full stop."""

    name: ClassVar[str] = "line"
    product_name: ClassVar[str] = "Line Server"
    first_versions: ClassVar[Mapping[Feature, str]] = {
        Feature.PRESENCE_PENALTY: "1.0",
        Feature.STRUCTURED_OUTPUT: "2.0",
    }
    schema_note: ClassVar[str] = "Every schema works."
    native: ClassVar[NativeRoute] = LineRoute()

    def prepare(self, parameters: GenerationParameters) -> Mapping[str, object]:
        return {"presence": parameters.presence_penalty}

    def payload(self, prompt: str, max_new_tokens: int, prepared: Mapping[str, object], *, choice: int = 0) -> bytes:
        return json.dumps({"line": prompt, "length": max_new_tokens, **prepared}).encode()

    def tokens(self, parts: Iterable[bytes]) -> Iterator[Token | KeepAlive]:
        for part in parts:
            if part.startswith(b"!"):
                limit, count = part[1:].split()
                raise PromptTooLongError(
                    "too long", param="line", limit=int(limit), prompt_tokens=int(count), max_new_tokens=None
                )
            yield Token(part.decode(), False, Final("stop", 3, 9) if part == b"." else None)

    def error_of_response(self, status: int, text: str) -> ApiError:
        return ApiError(ErrorKind.MODEL_OVERLOADED, f"Line Server said {status} {text}.")

    def __init__(self, model: Any) -> None:
        self.model = model


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("chat.serving.line")
    module.__dict__["CONTAINER"] = LineContainer
    monkeypatch.setitem(sys.modules, module.__name__, module)


def line_front(client: FakeClient) -> Front:
    deployed = model(CHAT, "falcon-180b-chat", container="line", container_version="1.5")
    return Front(Models([deployed]), client, now=lambda: 1_700_000_000.5, clock=Clock())


def test_every_container_of_the_catalog_is_known_by_the_same_name() -> None:
    for name, row in catalog.CONTAINERS.items():
        container = container_named(name)
        assert (container.name, container.product_name) == (name, row.product)


def test_a_conversation_is_answered_by_another_server() -> None:
    client = FakeClient([[b" A", b" bird", b"."]])

    answer = read(chat(line_front(client), presence_penalty=0.5, max_tokens=10))

    assert answer["choices"][0]["message"]["content"] == "A bird."
    assert answer["usage"] == {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}
    assert client.payload() == {"line": "User: Hello\nFalcon:", "length": 10, "presence": 0.5}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"frequency_penalty": 1},
            "frequency_penalty is not supported: Line Server does not know it. Leave it out.",
        ),
        ({"logit_bias": {"1": 1}}, "logit_bias is not supported: Line Server cannot bias tokens."),
        (
            {"response_format": {"type": "regex", "value": "a"}},
            f"response_format needs Line Server 2.0 or later; {CHAT} is served by 1.5. Ask for JSON in the messages.",
        ),
    ],
)
def test_what_it_cannot_do_is_refused_in_its_name(body: dict[str, Any], message: str) -> None:
    response = chat(line_front(FakeClient([])), **body)

    assert response.status == 400
    assert read(response)["error"]["message"] == message


def test_its_refusal_for_length_makes_the_front_leave_out_old_turns() -> None:
    client = FakeClient([[b"!20 40"], [b" Yes", b"."]])
    messages = [
        {"role": "user", "content": "Hello " * 20},
        {"role": "assistant", "content": "Hi"},
        {"role": "user", "content": "Still there?"},
    ]

    response = chat(line_front(client), messages=messages, max_tokens=5)

    assert response.headers["x-falconry-messages-dropped"] == "2"
    assert client.payload()["line"] == "User: Still there?\nFalcon:"


def test_its_errors_mean_what_it_says() -> None:
    response = chat(line_front(FakeClient([model_error(418, "teapot")])))

    assert (response.status, read(response)["error"]["message"]) == (429, "Line Server said 418 teapot.")


def test_its_own_payload_is_taken_on_the_native_route() -> None:
    client = FakeClient([[b"a", b"b"]])

    response = send(line_front(client), "POST", f"/models/{CHAT}", {"line": "x"})

    assert read(response) == ["a", "b"]
    assert client.payload() == {"line": "x"}


def test_the_apis_description_is_of_what_it_can_do() -> None:
    document = read(send(line_front(FakeClient([])), "GET", "/openapi.json"))

    schemas = document["components"]["schemas"]
    assert schemas["ChatCompletionRequest"]["properties"]["presence_penalty"]["anyOf"][0]["type"] == "number"
    assert schemas["ChatCompletionRequest"]["properties"]["frequency_penalty"]["enum"] == [0, None]
    assert "Every schema works. Needs Line Server 2.0 or later." in str(schemas["ChatCompletionRequest"])
    assert list(schemas["GenerateRequest"]["properties"]) == ["line"]
    assert "Line Server's request" in document["paths"]["/models/{model}"]["post"]["description"]
