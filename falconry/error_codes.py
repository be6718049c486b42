"""Every error code of the API: its status, what it means, and what to do. docs/errors.md is made from these rows.

The front (lambda_src/chat/errors.py) and API Gateway's own answers (constructs_lib/api/gateway_responses.py) share this
vocabulary; tests/unit/test_error_codes.py holds both to it, tests/faults brings each error of the front about.
"""

from __future__ import annotations

from dataclasses import dataclass

_OPENAI_EXCEPTIONS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    429: "RateLimitError",
}


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A row.

    Attributes:
        code: `error.code` in the body.
        status: the HTTP status, or None for any 5xx.
        meaning: what happened.
        advice: what the caller does.
        retry_after: seconds in the header `retry-after`, if there is one.
        retried: whether OpenAI's clients send the request again by themselves. Only where nothing was generated.
        causes: what leads to it before the first token.
        causes_within: what leads to it after the first token; a stream has begun then.
    """

    code: str
    status: int | None
    meaning: str
    advice: str
    retry_after: int | None = None
    retried: bool = False
    causes: tuple[str, ...] = ()
    causes_within: tuple[str, ...] = ()

    @property
    def openai_exception(self) -> str:
        """The class in the `openai` package, which goes by the status."""
        if self.status is None or self.status >= 500:
            return "InternalServerError"
        return _OPENAI_EXCEPTIONS.get(self.status, "APIStatusError")


FRONT_ERRORS = (
    ErrorCode("invalid_json", 400, "The body is not a JSON object.", "Fix the request body."),
    ErrorCode(
        "invalid_type",
        400,
        "A field has a value of the wrong type.",
        "Fix the field named in `param`.",
        causes=("a value of the wrong type",),
    ),
    ErrorCode(
        "invalid_value",
        400,
        "A value is not allowed.",
        "Fix the field named in `param`.",
        causes=("a value out of range", "a value that the model's server refuses"),
    ),
    ErrorCode(
        "missing_required_parameter",
        400,
        "A required field is missing.",
        "Add the field named in `param`.",
        causes=("no messages",),
    ),
    ErrorCode(
        "unknown_parameter",
        400,
        "There is no such field.",
        "Remove it, or use the field that the message suggests.",
        causes=("a misspelled field",),
    ),
    ErrorCode(
        "unsupported_parameter",
        400,
        "The Falcon models, or the server that runs them, cannot do this.",
        "Remove the field; the message names an alternative if there is one.",
        causes=("tools",),
    ),
    ErrorCode(
        "context_length_exceeded",
        400,
        "The system messages, the last question and the requested answer do not fit in the model's context.",
        "Shorten the messages or request fewer tokens; the message has the numbers.",
        causes=(
            "more tokens than the context",
            "a prompt that is too long",
            "a prompt and an answer that are too long together",
        ),
    ),
    ErrorCode(
        "model_cannot_chat",
        400,
        "The model was not tuned for dialogue.",
        "Use one of the chat models that the message lists.",
        causes=("a base model",),
    ),
    ErrorCode(
        "model_not_found",
        404,
        "No such model is deployed.",
        "Use one that the message lists.",
        causes=("an unknown model",),
    ),
    ErrorCode("unknown_url", 404, "There is no such route.", "Use one that the message lists."),
    ErrorCode("method_not_allowed", 405, "The route takes another method.", "Use the method that the message names."),
    ErrorCode(
        "request_too_large",
        413,
        "The request is larger than API Gateway (10 MB) or the model's server (2 MB) accepts.",
        "Shorten the messages.",
        causes=("a body that is too large for the model's server",),
    ),
    ErrorCode(
        "model_overloaded",
        429,
        "The model is processing as many requests as it can; nothing was generated.",
        "Wait, then retry. If it persists: add instances, or send fewer requests at once.",
        retry_after=1,
        retried=True,
        causes=("an overloaded model", "an overloaded model, reported in a stream"),
    ),
    ErrorCode(
        "rate_limit_exceeded",
        429,
        "More requests at once than SageMaker or the key's usage plan allows.",
        "Wait, then retry. If it persists, ask for a higher rate.",
        retry_after=1,
        retried=True,
        causes=("SageMaker throttles",),
    ),
    ErrorCode(
        "model_starting",
        503,
        "The endpoint is scaled to zero or not yet in service; starting it takes minutes.",
        "Wait a few minutes, then retry.",
        retry_after=60,
        retried=True,
        causes=("an endpoint scaled to zero", "an endpoint that is being created"),
    ),
    ErrorCode(
        "model_not_ready",
        503,
        "The model is being loaded.",
        "Wait, then retry.",
        retry_after=10,
        retried=True,
        causes=("a model that is being loaded",),
    ),
    ErrorCode(
        "upstream_unavailable",
        503,
        "SageMaker or the model's server is unreachable or unhealthy; nothing was generated.",
        "Wait, then retry. If it persists: check the endpoint's log and the VPC endpoint for the SageMaker runtime.",
        retry_after=5,
        retried=True,
        causes=(
            "SageMaker is not available",
            "a model's server that is not healthy",
            "SageMaker cannot be reached",
        ),
    ),
    ErrorCode(
        "endpoint_not_found",
        503,
        "The model's endpoint does not exist: it was stopped, or is not deployed yet.",
        "Tell the API's operator: the models stack must be deployed.",
        causes=("an endpoint that does not exist",),
    ),
    ErrorCode(
        "upstream_access_denied",
        500,
        "The gateway function's role is not allowed to invoke the model's endpoint.",
        "Tell the API's operator: the role of the gateway function was changed.",
        causes=("a role without permission",),
    ),
    ErrorCode(
        "upstream_failed",
        502,
        "SageMaker failed, or the connection to it broke.",
        "The model may have worked on the request. Retry if a second answer does no harm.",
        causes=(
            "SageMaker fails",
            "a dependency of SageMaker's fails",
            "a connection that breaks before the first token",
        ),
        causes_within=("a connection that breaks in mid-answer",),
    ),
    ErrorCode(
        "generation_failed",
        502,
        "The model's server failed or stopped during generation.",
        "Retry if a second answer does no harm. If it persists: check the endpoint's log.",
        causes=("the model fails before its first token", "a stream that ends before its first token"),
        causes_within=(
            "the model fails in mid-answer",
            "a stream that ends in mid-answer",
            "a container that dies in mid-answer",
            "SageMaker fails in mid-answer",
        ),
    ),
    ErrorCode(
        "upstream_timeout",
        504,
        "The model did not answer within SageMaker's time limit, or went silent.",
        "Request fewer tokens, or stream.",
        causes=("the model's server does not answer in time", "a stream without a token, then silence"),
        causes_within=("an answer that takes SageMaker's 8 minutes", "silence in mid-answer"),
    ),
    ErrorCode(
        "deadline_exceeded",
        504,
        "The model did not begin to answer in time: too many requests are waiting for it.",
        "Retry later. If it persists: add instances.",
        causes=("a request that waits for its turn too long",),
    ),
    ErrorCode(
        "internal_error",
        500,
        "The gateway function has a defect, or did not understand the model's server.",
        "Give the request id to the API's operator.",
        causes=("an answer of the model's server that cannot be parsed",),
    ),
)
"""What the gateway function answers."""

GATEWAY_ERRORS = (
    ErrorCode("missing_api_key", 401, "No API key was sent.", "Send it as `Authorization: Bearer YOUR_KEY`."),
    ErrorCode("invalid_api_key", 401, "The API key is unknown or disabled.", "Ask the API's operator for a key."),
    ErrorCode(
        "access_denied",
        403,
        "The API's policy or AWS WAF does not let this caller in.",
        "Ask the API's operator for access.",
    ),
    ErrorCode("expired_token", 401, "The temporary AWS credentials have expired.", "Renew them."),
    ErrorCode(
        "invalid_signature",
        401,
        "The request's AWS signature does not match.",
        "Check the credentials, the region and the clock.",
    ),
    ErrorCode(
        "missing_signature",
        403,
        "The request is not signed with AWS credentials, or there is no such route.",
        "Sign it (SigV4) for the service `execute-api`.",
    ),
    ErrorCode(
        "invalid_token",
        401,
        "The token is missing, expired, or not from this issuer and for this audience.",
        "Send a new one as `Authorization: Bearer YOUR_TOKEN`.",
    ),
    ErrorCode("unknown_route", 404, "There is no such route.", "Use one that the message lists."),
    ErrorCode(
        "insufficient_quota",
        429,
        "The key's quota is used up.",
        "Wait for the next period, or ask the API's operator for more.",
    ),
    ErrorCode("timeout", 504, "The answer did not begin in time.", "Request fewer tokens, or retry later."),
    ErrorCode(
        "front_failed",
        502,
        "The gateway function failed before it began to answer.",
        "Retry. If it persists, give the request id to the API's operator.",
    ),
    ErrorCode(
        "gateway_error",
        None,
        "API Gateway failed.",
        "Retry later. If it persists, give the request id to the API's operator.",
    ),
)
"""What API Gateway answers where a request does not reach the gateway function; besides these, `request_too_large` and
`rate_limit_exceeded`."""

ERROR_CODES = {error.code: error for error in (*FRONT_ERRORS, *GATEWAY_ERRORS)}
"""All rows by their code."""
