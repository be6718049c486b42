"""What the tests of the front share: a SageMaker runtime whose answers are written by hand, and a Front over it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError
from chat.front import Front
from chat.http import Request, Response
from chat.models import DeployedModel, Models
from chat.serving.sagemaker import SageMakerClient

CHAT = "falcon-180b-chat"
INSTRUCT = "falcon-7b-instruct"
BASE = "falcon-180b"

Part = bytes | Exception | Callable[[], object]
"""One step of a stream: bytes, an exception to raise, or something to do."""


@dataclass
class FakeEvents:
    """botocore's EventStream, over a list of steps."""

    parts: Iterable[Part]
    closed: bool = False
    delivered: int = 0

    def __iter__(self) -> Iterator[dict[str, dict[str, bytes]]]:
        for part in self.parts:
            if self.closed:
                raise OSError("read from a closed stream")
            if isinstance(part, Exception):
                raise part
            if isinstance(part, bytes):
                self.delivered += 1
                yield {"PayloadPart": {"Bytes": part}}
            else:
                part()

    def close(self) -> None:
        self.closed = True


@dataclass
class FakeClient:
    """botocore's `sagemaker-runtime` client. Answers each call with the next of `answers`."""

    answers: list[Iterable[Part] | Exception]
    lock: Lock = field(default_factory=Lock)
    requests: list[dict[str, Any]] = field(default_factory=list)
    streams: list[FakeEvents] = field(default_factory=list)

    def invoke_endpoint_with_response_stream(self, **request: Any) -> dict[str, Any]:
        with self.lock:
            self.requests.append(request)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            events = FakeEvents(answer)
            self.streams.append(events)
        return {"Body": events}

    def payload(self, number: int = -1) -> dict[str, Any]:
        """What TGI was sent, by the call's number."""
        payload: dict[str, Any] = json.loads(self.requests[number]["Body"])
        return payload


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


def model(name: str, template: str | None, **changes: Any) -> DeployedModel:
    values: dict[str, Any] = {
        "container": "tgi",
        "container_version": "1.4.0",
        "max_total_tokens": 2048,
        "max_input_tokens": 1024,
        "max_stop_sequences": 8,
        **changes,
    }
    return DeployedModel(name=name, endpoint=f"falconry-dev-{name}", template=template, **values)


def front(client: SageMakerClient, clock: Callable[[], float] | None = None, **changes: Any) -> Front:
    """A front with a 180B chat model, a 7B instruct model and a base model."""
    models = Models(
        [
            model(CHAT, "falcon-180b-chat", **changes),
            model(INSTRUCT, "falcon-instruct", container_version="2.4.0"),
            model(BASE, None),
        ]
    )
    return Front(models, client, now=lambda: 1_700_000_000.5, clock=clock or Clock())


def send(
    target: Front,
    method: str,
    path: str,
    body: object = None,
    remaining_seconds: float = 900.0,
    client_timeout: float | None = None,
) -> Response:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return target.handle(Request(method, path, raw, "request-1", remaining_seconds, client_timeout))


def chat(target: Front, remaining_seconds: float = 900.0, client_timeout: float | None = None, **body: Any) -> Response:
    """Send a chat request; `model` and `messages` have defaults."""
    whole = {"model": CHAT, "messages": [{"role": "user", "content": "Hello"}], **body}
    return send(target, "POST", "/v1/chat/completions", whole, remaining_seconds, client_timeout)


def complete(target: Front, **body: Any) -> Response:
    """Send a text completion request; `model` and `prompt` have defaults."""
    return send(target, "POST", "/v1/completions", {"model": BASE, "prompt": "Once upon", **body})


def read(response: Response) -> Any:
    """The body as JSON."""
    return json.loads(b"".join(response.body))


def chunks(response: Response) -> list[Any]:
    """The events of a streamed answer, comments left out; the end mark as the string "[DONE]"."""
    text = b"".join(response.body).decode()
    data = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [item if item == "[DONE]" else json.loads(item) for item in data]


def text_of(events: list[Any]) -> str:
    """The answer that the chunks of a stream add up to."""
    deltas = [event["choices"][0]["delta"] for event in events if isinstance(event, dict) and event.get("choices")]
    return "".join(delta.get("content") or "" for delta in deltas)


def token(text: str, *, special: bool = False, logprob: float = -0.5, top: Sequence[tuple[str, float]] = ()) -> bytes:
    """One event of TGI; `top` are the likeliest tokens in its place."""
    event = {"index": 1, "token": _token(text, special) | {"logprob": logprob}, "generated_text": None}
    if top:
        event["top_tokens"] = [{"id": 1, "text": word, "logprob": value, "special": False} for word, value in top]
    return _line({**event, "details": None})


def final(
    text: str, reason: str, count: int, *, special: bool = False, input_length: int | None = None, whole: str = ""
) -> bytes:
    """The last event of TGI; `input_length` as TGI 2.3.0 and later tell it."""
    details: dict[str, object] = {"finish_reason": reason, "generated_tokens": count, "seed": None}
    if input_length is not None:
        details["input_length"] = input_length
    return _line({"index": count, "token": _token(text, special), "generated_text": whole, "details": details})


def answer(*texts: str, input_length: int | None = 7) -> list[Part]:
    """A stream of tokens that ends with the end-of-text token."""
    whole = "".join(texts)
    end = final("<|endoftext|>", "eos_token", len(texts) + 1, special=True, input_length=input_length, whole=whole)
    return [*map(token, texts), end]


def tgi_error(message: str, error_type: str) -> bytes:
    """An error as TGI puts it into a stream."""
    return _line({"error": message, "error_type": error_type})


def model_error(status: int, body: str) -> ClientError:
    """An error as SageMaker tells it before a stream begins, with what it must not pass on in its message."""
    console = "See https://us-east-1.console.aws.amazon.com/cloudwatch/home in account 123456789012."
    response: Any = {
        "Error": {"Code": "ModelError", "Message": f'Received error ({status}) from primary with "{body}". {console}'},
        "OriginalStatusCode": status,
        "OriginalMessage": body,
        "ResponseMetadata": {"HTTPStatusCode": 424},
    }
    return ClientError(response, "InvokeEndpointWithResponseStream")


def service_error(code: str, message: str) -> ClientError:
    """An error of SageMaker's own."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "InvokeEndpointWithResponseStream")


def too_many_tokens(limit: int, prompt_tokens: int, new_tokens: int) -> bytes:
    message = (
        f"Input validation error: `inputs` tokens + `max_new_tokens` must be <= {limit}. "
        f"Given: {prompt_tokens} `inputs` tokens and {new_tokens} `max_new_tokens`"
    )
    return tgi_error(message, "validation")


def too_long_input(limit: int, prompt_tokens: int) -> str:
    message = f"Input validation error: `inputs` must have less than {limit} tokens. Given: {prompt_tokens}"
    return json.dumps({"error": message, "error_type": "validation"})


def _token(text: str, special: bool) -> dict[str, object]:
    return {"id": 11 if special else 100, "text": text, "logprob": -0.5, "special": special}


def _line(event: dict[str, object]) -> bytes:
    return b"data:" + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"
