"""What TGI sends: the events of a stream, and its errors, which arrive inside streams too.

Read in TGI's source, tags v1.4.0 to v2.4.0 (router/src/server.rs, infer.rs, validation.rs).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from chat import sse
from chat.errors import ApiError, ErrorKind
from chat.serving.container import (
    IMPOSSIBLE,
    Final,
    KeepAlive,
    PromptTooLongError,
    Token,
    TokenProbability,
    incomplete,
)

NAME = "tgi"
"""What a deployment and the log call it."""


def json_events(parts: Iterable[bytes]) -> Iterator[dict[str, object] | KeepAlive]:
    """The events of a stream as TGI wrote them. Raises ApiError for an error among them and for a stream that is
    cut."""
    for line in sse.lines(parts):
        if line.startswith(":"):
            # A comment, which TGI sends when 15 seconds passed without a token.
            yield KeepAlive()
        data = sse.data(line)
        if data and data != "[DONE]":
            yield _event(data)


def tokens(parts: Iterable[bytes]) -> Iterator[Token | KeepAlive]:
    """The tokens of a stream; the last one has `final`. Raises ApiError if the stream ends without it."""
    count = 0
    for event in json_events(parts):
        if isinstance(event, KeepAlive):
            yield event
            continue
        count += 1
        token = _token(event, count)
        yield token
        if token.final is not None:
            return
    raise incomplete(NAME)


def error_of_response(status: int, text: str) -> ApiError:
    """The error that a container's response with `status` (0: none came in time) and the body `text` means."""
    try:
        body = json.loads(text)
    except ValueError:
        body = {"error": text}
    error = body.get("error") if isinstance(body, dict) else None
    error_type = body.get("error_type") if isinstance(body, dict) else None
    return _error(error if isinstance(error, str) else "", error_type, status)


def _event(data: str) -> dict[str, object]:
    try:
        event = json.loads(data)
    except ValueError:
        raise incomplete(NAME) from None
    if not isinstance(event, dict):
        raise incomplete(NAME)
    if event.get("error"):
        raise _error(_error_text(event["error"]), event.get("error_type"), None)
    return event


def _error_text(error: object) -> str:
    if isinstance(error, dict):
        # The shape of TGI's own chat route: {"error": {"message": ..., "http_status_code": 422}}
        error = error.get("message")
    return error if isinstance(error, str) else ""


def _token(event: Mapping[str, object], count: int) -> Token:
    token = event.get("token")
    if not isinstance(token, dict) or not isinstance(token.get("text"), str):
        raise incomplete(NAME)
    final = None
    if event.get("generated_text") is not None or event.get("details") is not None:
        details = event.get("details")
        known = details if isinstance(details, dict) else {}
        # An end-of-text token in the last place is reported as "length"; the model did end there.
        cut = known.get("finish_reason", "length") == "length" and not token.get("special")
        final = Final(
            finish_reason="length" if cut else "stop",
            completion_tokens=int(known.get("generated_tokens", count)),
            prompt_tokens=known.get("input_length"),  # from TGI 2.3.0 on
        )
    return Token(
        text=token["text"],
        special=bool(token.get("special")),
        final=final,
        logprob=_logprob(token),
        top=_top(event.get("top_tokens")) if "top_tokens" in event else (),
    )


def _logprob(token: Mapping[str, object]) -> float:
    """The token's log probability; null is that of one that a grammar, top_k or top_p excluded."""
    logprob = token.get("logprob")
    return float(logprob) if isinstance(logprob, float | int) else IMPOSSIBLE


def _top(tokens: object) -> tuple[TokenProbability, ...]:
    known = [token for token in tokens if isinstance(token, dict)] if isinstance(tokens, list) else []
    return tuple(TokenProbability(str(token.get("text", "")), _logprob(token)) for token in known)


_TOO_LONG = re.compile(
    r"`inputs` must have less than (?P<input_limit>\d+) tokens\. Given: (?P<input>\d+)"
    r"|`inputs` tokens \+ `max_new_tokens` must be <= (?P<total_limit>\d+)\. "
    r"Given: (?P<tokens>\d+) `inputs` tokens and (?P<new>\d+) `max_new_tokens`"
)
_PREFIX = "Input validation error: "


def _error(text: str, error_type: object, status: int | None) -> ApiError:
    """`status` is None for an error inside a stream, where TGI has no status to give."""
    detail = f"tgi status={status} error_type={error_type if isinstance(error_type, str) else None}"
    if error_type == "validation" or text.startswith(_PREFIX) or status in (400, 422):
        return _validation_error(text.removeprefix(_PREFIX))
    for matches, kind, message in (
        (
            error_type == "overloaded" or status == 429,
            ErrorKind.MODEL_OVERLOADED,
            "The model is busy. Try again shortly.",
        ),
        (status == 413, ErrorKind.REQUEST_TOO_LARGE, "The request is larger than the model's server takes (2 MB)."),
        (
            status == 0 or status == 504 or "timed out" in text,
            ErrorKind.UPSTREAM_TIMEOUT,
            "The model did not answer in time. Ask for fewer tokens, or stream the answer.",
        ),
        (
            error_type == "healthcheck" or status == 503,
            ErrorKind.UPSTREAM_UNAVAILABLE,
            "The model's server is not healthy. Try again shortly.",
        ),
    ):
        if matches:
            return ApiError(kind, message, detail=detail)
    return ApiError(ErrorKind.GENERATION_FAILED, "The model failed while it generated the answer.", detail=detail)


def _validation_error(text: str) -> ApiError:
    too_long = _TOO_LONG.search(text)
    if too_long is not None and too_long["input"] is not None:
        limit, count = int(too_long["input_limit"]), int(too_long["input"])
        return PromptTooLongError(
            _sentence(text), param="inputs", limit=limit, prompt_tokens=count, max_new_tokens=None
        )
    if too_long is not None:
        limit, count, new = (int(too_long[group]) for group in ("total_limit", "tokens", "new"))
        return PromptTooLongError(_sentence(text), param="inputs", limit=limit, prompt_tokens=count, max_new_tokens=new)
    named = re.search(r"`(\w+)`", text)
    return ApiError(ErrorKind.INVALID_VALUE, _sentence(text), param=named[1] if named else None)


def _sentence(text: str) -> str:
    """TGI's own words, which name the parameter and its range, cut where they would be endless."""
    short = text.strip()[:500] or "The model's server refused the request"
    return short if short.endswith((".", "!", "?")) else short + "."
