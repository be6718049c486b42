"""One row for each way in which a request can fail, and how it is brought about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.faults.stand_in import CUT, Script, Stream, model_error, service_error, stream_error
from tests.unit.front_support import tgi_error, token, too_long_input, too_many_tokens

MODEL, BASE_MODEL = "falcon-180b-chat", "falcon-180b"

GOOD_REQUEST: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


@dataclass(frozen=True, slots=True)
class Cause:
    """`says` is a part of what the client is told. The request is a good one but for `request`.

    `within`: tokens were generated before it failed. A stream has begun then: the client gets an APIError in its midst.
    """

    name: str
    code: str
    says: str
    script: Script | None = None
    within: bool = False
    request: dict[str, Any] = field(default_factory=dict)
    unreachable: bool = False

    def __str__(self) -> str:
        return self.name


def _tgi(error: str, error_type: str) -> str:
    return json.dumps({"error": error, "error_type": error_type})


_OVERLOADED = "Model is overloaded"
_GENERATION = "Request failed during generation: CUDA error, secret"
_SLOW_STREAM = "Your model primary did not complete sending the inference response in the allotted time."
_SLOW_START = "Your invocation timed out while waiting for a response from container primary."
_BROKEN = "Your model primary closed the connection before it completed sending the inference response."
_NO_CAPACITY = (
    "Inference Component has no capacity to process this request. ApplicationAutoScaling may be in-progress "
    "(if configured) or try to increase the capacity by invoking UpdateInferenceComponentRuntimeConfig API."
)

_TOKENS = (token(" Once"), token(" upon"), token(" a"), token(" time"))
_NO_NUMBER = (
    b'data:{"token":{"id":1,"text":" x","logprob":-1.0,"special":false},"generated_text":" x",'
    b'"details":{"finish_reason":"length","generated_tokens":"many","seed":null}}\n\n'
)


def _then(end: bytes | None = b"", *more: bytes, stalls: bool = False) -> Stream:
    """Four tokens, `more`, and that end."""
    return Stream((*_TOKENS, *more), end, stalls=stalls)


REFUSED = (
    Cause("a value of the wrong type", "invalid_type", 'not the string "hot"', request={"temperature": "hot"}),
    Cause("a value out of range", "invalid_value", "between 0 and 2, not 3", request={"temperature": 3}),
    Cause("no messages", "missing_required_parameter", "messages is required", request={"messages": None}),
    Cause(
        "a misspelled field", "unknown_parameter", "Did you mean max_tokens?", request={"extra_body": {"max_token": 3}}
    ),
    Cause("tools", "unsupported_parameter", "not tuned to call tools", request={"tools": [{"type": "function"}]}),
    Cause("a base model", "model_cannot_chat", f"Deployed here: {MODEL}", request={"model": BASE_MODEL}),
    Cause("an unknown model", "model_not_found", f"Deployed: {MODEL}", request={"model": "falcon-180b-cat"}),
    Cause("more tokens than the context", "context_length_exceeded", "2048 tokens", request={"max_tokens": 4000}),
)
"""What the front finds itself: the model is not called."""

FAILED = (
    Cause(
        "a prompt that is too long",
        "context_length_exceeded",
        "The messages are 5000 tokens",
        model_error(422, too_long_input(1024, 5000)),
    ),
    Cause(
        "a prompt and an answer that are too long together",
        "context_length_exceeded",
        "max_tokens asks for 1500 more",
        Stream((too_many_tokens(2048, 900, 1500),)),
        request={"max_tokens": 1500},
    ),
    Cause(
        "a value that the model's server refuses",
        "invalid_value",
        "`stop` supports up to 4 stop sequences. Given: 7.",
        Stream((tgi_error("Input validation error: `stop` supports up to 4 stop sequences. Given: 7", "validation"),)),
    ),
    Cause(
        "a body that is too large for the model's server",
        "request_too_large",
        "2 MB",
        model_error(413, "Failed to buffer the request body: length limit exceeded"),
    ),
    Cause(
        "an overloaded model",
        "model_overloaded",
        "The model is busy",
        model_error(429, _tgi(_OVERLOADED, "overloaded")),
    ),
    Cause(
        "an overloaded model, reported in a stream",
        "model_overloaded",
        "The model is busy",
        Stream((tgi_error(_OVERLOADED, "overloaded"),)),
    ),
    Cause(
        "SageMaker throttles",
        "rate_limit_exceeded",
        "Too many requests to the model",
        service_error(400, "ThrottlingException", "Rate exceeded"),
    ),
    Cause(
        "an endpoint scaled to zero",
        "model_starting",
        "scaled to zero",
        service_error(400, "ValidationError", _NO_CAPACITY),
    ),
    Cause(
        "an endpoint that is being created",
        "model_starting",
        "not in service",
        service_error(400, "ValidationError", "Endpoint e of account x is not in service: its status is Creating."),
    ),
    Cause(
        "a model that is being loaded",
        "model_not_ready",
        "being loaded",
        service_error(429, "ModelNotReadyException", "The model is not ready"),
    ),
    Cause(
        "SageMaker is not available",
        "upstream_unavailable",
        "not available",
        service_error(503, "ServiceUnavailable", "The service is unavailable. Try your call again."),
    ),
    Cause(
        "a model's server that is not healthy",
        "upstream_unavailable",
        "not healthy",
        model_error(503, _tgi("unhealthy", "healthcheck")),
    ),
    Cause("SageMaker cannot be reached", "upstream_unavailable", "could not be reached", unreachable=True),
    Cause(
        "an endpoint that does not exist",
        "endpoint_not_found",
        "does not exist",
        service_error(400, "ValidationError", "Endpoint e of account x not found."),
    ),
    Cause(
        "a role without permission",
        "upstream_access_denied",
        "has no permission",
        service_error(403, "AccessDeniedException", "User: arn:aws:sts::x is not authorized to perform: sagemaker"),
    ),
    Cause("SageMaker fails", "upstream_failed", "endpoint failed", service_error(500, "InternalFailure", "x")),
    Cause(
        "a dependency of SageMaker's fails",
        "upstream_failed",
        "endpoint failed",
        service_error(530, "InternalDependencyException", "x"),
    ),
    Cause(
        "the model fails before its first token",
        "generation_failed",
        "failed while it generated",
        model_error(424, _tgi(_GENERATION, "generation")),
    ),
    Cause(
        "an answer of the model's server that cannot be parsed", "internal_error", "x-request-id", Stream((_NO_NUMBER,))
    ),
    Cause(
        "the model's server does not answer in time",
        "upstream_timeout",
        "did not answer in time",
        model_error(0, _SLOW_START),
    ),
    Cause(
        "a stream without a token, then silence",
        "upstream_timeout",
        "did not answer in time",
        Stream((), stalls=True),
    ),
    Cause(
        "a request that waits for its turn too long",
        "deadline_exceeded",
        "did not begin to answer in time",
        Stream((b":\n\n",), gap=0.2),
    ),
    Cause("a stream that ends before its first token", "generation_failed", "broke off", Stream(())),
    Cause("a connection that breaks before the first token", "upstream_failed", "endpoint failed", Stream((), CUT)),
)
"""What fails before the first token: a stream has its status too."""

BROKEN = (
    Cause(
        "the model fails in mid-answer",
        "generation_failed",
        "failed while it generated",
        _then(b"", tgi_error(_GENERATION, "generation")),
        within=True,
    ),
    Cause("a stream that ends in mid-answer", "generation_failed", "broke off", _then(), within=True),
    Cause("a connection that breaks in mid-answer", "upstream_failed", "endpoint failed", _then(CUT), within=True),
    Cause(
        "a container that dies in mid-answer",
        "generation_failed",
        "broke off",
        _then(stream_error("ModelStreamError", _BROKEN, ErrorCode="StreamBroken")),
        within=True,
    ),
    Cause(
        "SageMaker fails in mid-answer",
        "generation_failed",
        "broke off",
        _then(stream_error("InternalStreamFailure", "x")),
        within=True,
    ),
    Cause(
        "an answer that takes SageMaker's 8 minutes",
        "upstream_timeout",
        "did not answer in time",
        _then(stream_error("ModelStreamError", _SLOW_STREAM, ErrorCode="ModelInvocationTimeExceeded")),
        within=True,
    ),
    Cause("silence in mid-answer", "upstream_timeout", "did not answer in time", _then(stalls=True), within=True),
)
"""What fails after the first token: nothing is sent again, and no half answer looks like a whole one."""
