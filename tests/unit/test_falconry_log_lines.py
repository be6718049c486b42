"""Log events as lines for a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from falconry.deployment.log_lines import LogEvent

REQUEST = {
    "level": "INFO",
    "message": "request",
    "request_id": "ac649ff4",
    "client": "website",
    "route": "POST /v1/chat/completions",
    "status": 200,
    "outcome": "completed",
    "model": "falcon-180b-chat",
    "prompt_tokens": 17,
    "prompt_tokens_estimated": False,
    "completion_tokens": 144,
    "time_to_first_token_ms": 139,
    "duration_ms": 1200,
    "_aws": {"CloudWatchMetrics": []},
}
ACCESS = {
    "request_id": "8e612962",
    "client": "-",
    "source_ip": "203.0.113.7",
    "route": "POST /v1/chat/completions",
    "status": "401",
    "error_type": "INVALID_API_KEY",
    "waf_status": "-",
    "response_ms": "7",
    "response_bytes": "185",
    "time_to_first_content_ms": "-",
}


def event(source: str, message: object, subject: str = "") -> LogEvent:
    text = message if isinstance(message, str) else json.dumps(message)
    return LogEvent(datetime(2026, 11, 25, tzinfo=UTC), source, subject, "stream", text)


def test_a_request_of_the_front_is_one_line() -> None:
    wide = event("front", REQUEST).line(wide=True)
    narrow = event("front", REQUEST).line(wide=False)

    assert wide.text == (
        "200 POST /v1/chat/completions falcon-180b-chat website 17+144 tokens first 139 ms, 1.2 s ac649ff4"
    )
    assert narrow.text == "200 /v1/chat/completions falcon-180b-chat 17+144 tokens 1.2 s"
    assert not wide.bad


def test_a_failed_request_says_why() -> None:
    failed = REQUEST | {"status": 404, "outcome": "failed", "error_code": "model_not_found", "error_param": "model"}

    line = event("front", failed).line(wide=False)

    assert line.bad
    assert "404" in line.text
    assert line.text.endswith("model_not_found model")


def test_an_estimate_is_marked_and_a_client_that_left_is_told() -> None:
    left = REQUEST | {"prompt_tokens_estimated": True, "outcome": "client_closed"}

    text = event("front", left).line(wide=False).text

    assert "~17+144 tokens" in text
    assert text.endswith("client closed")


def test_an_access_line_leaves_out_what_does_not_apply() -> None:
    line = event("access", ACCESS).line(wide=False)

    assert line.text == "401 /v1/chat/completions INVALID_API_KEY 185 B 7 ms 203.0.113.7"
    assert line.bad


def test_what_the_web_acl_blocked_is_told() -> None:
    blocked = ACCESS | {"status": "403", "error_type": "WAF_FILTERED", "waf_status": "WAF_BLOCK"}

    assert "blocked by the web ACL" in event("access", blocked).line(wide=True).text


def test_a_containers_line_names_its_model_and_cannot_move_the_cursor() -> None:
    line = event("model", "ready\x1b[2J\tnow\r\n", "falcon-7b").line(wide=True)

    assert line.text.startswith("falcon-7b: ready�[2J now")


def test_a_traceback_is_marked() -> None:
    assert event("front", "Traceback (most recent call last):").line(wide=True).bad


def test_an_authorizers_refusal_is_told_without_its_traceback() -> None:
    logged = "[ERROR] Exception: Unauthorized\rTraceback (most recent call last):\r\xa0\xa0File handler.py"

    line = event("auth", logged).line(wide=True)

    assert (line.text, line.bad) == ("401 Unauthorized: the key or token is missing or invalid", True)
    assert "Traceback" in event("auth", "[ERROR] KeyError\rTraceback (most recent call last):").line(wide=True).text


def test_lambdas_own_lines_are_known() -> None:
    assert event("front", "START RequestId: 1 Version: $LATEST").is_platform
    assert event("auth", "REPORT RequestId: 1 Duration: 2 ms").is_platform
    assert not event("front", "Task timed out after 900.00 seconds").is_platform
    assert not event("model", "START RequestId: the model said so").is_platform


def test_json_is_given_as_json_and_text_as_text() -> None:
    assert event("front", REQUEST).content() == REQUEST
    assert event("model", "{not json").content() == "{not json"


def test_a_page_that_was_loaded_is_one_line_and_a_function_that_cannot_start_is_told() -> None:
    loaded = {"level": "INFO", "message": "page", "request_id": "ac649ff4", "status": 304, "time": 1}

    assert event("page", loaded).line(wide=False).text == "304 GET /playground"
    assert event("page", "REPORT RequestId: ac649ff4").is_platform
    assert event("page", "[ERROR] Runtime.ImportModuleError: No module named 'x'").line(wide=False).bad
