"""Every error code of the API: what OpenAI's client makes of it, what it means, and what to do.

`causes.py` brings each of them about; docs/errors.md shows them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Error:
    """`exception` is the class in the `openai` package, `retry_after` in seconds; `retried` says whether that client
    sends the request again by itself (two times, unless it is told otherwise)."""

    code: str
    status: int
    exception: str
    meaning: str
    advice: str
    retry_after: int | None = None
    retried: bool = False


ERRORS = (
    Error("invalid_json", 400, "BadRequestError", "The body is not a JSON object.", "Mend the body."),
    Error(
        "invalid_type", 400, "BadRequestError", "A field holds a value of the wrong type.", "Mend the field in `param`."
    ),
    Error("invalid_value", 400, "BadRequestError", "A value is out of its range.", "Mend the field in `param`."),
    Error("missing_required_parameter", 400, "BadRequestError", "A field is missing.", "Add the field in `param`."),
    Error(
        "unknown_parameter",
        400,
        "BadRequestError",
        "There is no such field.",
        "Take it out, or use the one that the message suggests.",
    ),
    Error(
        "unsupported_parameter",
        400,
        "BadRequestError",
        "The Falcon models or their server cannot do that.",
        "Take the field out; the message says what there is instead.",
    ),
    Error(
        "context_length_exceeded",
        400,
        "BadRequestError",
        "System messages, the last question and the answer asked for are more tokens than the model reads.",
        "Shorten the messages or ask for fewer tokens; the message has the numbers.",
    ),
    Error(
        "model_cannot_chat",
        400,
        "BadRequestError",
        "The model was not tuned on dialogue.",
        "Use one of the chat models that the message names.",
    ),
    Error("model_not_found", 404, "NotFoundError", "No such model is deployed.", "Use one that the message names."),
    Error("unknown_url", 404, "NotFoundError", "There is no such route.", "Use one that the message names."),
    Error("method_not_allowed", 405, "APIStatusError", "The route takes another method.", "Use the one it names."),
    Error(
        "request_too_large",
        413,
        "APIStatusError",
        "The prompt is larger than the model's server takes (2 MB).",
        "Shorten the messages.",
    ),
    Error(
        "model_overloaded",
        429,
        "RateLimitError",
        "The model works on as many requests as it can; nothing was generated.",
        "Wait and send it again. If it lasts: more instances, or fewer requests at once.",
        retry_after=1,
        retried=True,
    ),
    Error(
        "rate_limit_exceeded",
        429,
        "RateLimitError",
        "More requests at once than SageMaker or the key's usage plan allows.",
        "Wait and send it again. If it lasts, ask for a higher rate.",
        retry_after=1,
        retried=True,
    ),
    Error(
        "model_starting",
        503,
        "InternalServerError",
        "The endpoint is scaled to zero or not in service yet; it is being started, which takes minutes.",
        "Wait a few minutes, then send it again.",
        retry_after=60,
        retried=True,
    ),
    Error(
        "model_not_ready",
        503,
        "InternalServerError",
        "The model is being loaded.",
        "Wait and send it again.",
        retry_after=10,
        retried=True,
    ),
    Error(
        "upstream_unavailable",
        503,
        "InternalServerError",
        "SageMaker or the model's server cannot be reached or is not healthy; nothing was generated.",
        "Wait and send it again. If it lasts: the endpoint's log, and the VPC endpoint of SageMaker's runtime.",
        retry_after=5,
        retried=True,
    ),
    Error(
        "endpoint_not_found",
        503,
        "InternalServerError",
        "The model's endpoint does not exist: it was stopped, or is not deployed yet.",
        "Tell whoever runs the API: the models stack has to be deployed.",
    ),
    Error(
        "upstream_access_denied",
        500,
        "InternalServerError",
        "The front's role may not call the model's endpoint.",
        "Tell whoever runs the API: the role of the front's function was changed.",
    ),
    Error(
        "upstream_failed",
        502,
        "InternalServerError",
        "SageMaker failed, or the connection to it broke.",
        "The model may have worked on it. Send it again if another answer does no harm.",
    ),
    Error(
        "generation_failed",
        502,
        "InternalServerError",
        "The model's server failed or broke off while it generated.",
        "Send it again if another answer does no harm. If it lasts: the endpoint's log.",
    ),
    Error(
        "upstream_timeout",
        504,
        "InternalServerError",
        "The model did not answer in the time that SageMaker gives it, or went silent.",
        "Ask for fewer tokens, or stream.",
    ),
    Error(
        "deadline_exceeded",
        504,
        "InternalServerError",
        "The model did not begin to answer in time: too many requests wait for it.",
        "Send it again later. If it lasts: more instances.",
    ),
    Error(
        "internal_error",
        500,
        "InternalServerError",
        "A mistake in the front, or an answer of the model's server that it does not know.",
        "Tell whoever runs the API the request id.",
    ),
)

BY_CODE = {error.code: error for error in ERRORS}
