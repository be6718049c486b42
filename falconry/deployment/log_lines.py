"""Log events as lines in a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from falconry.text import milliseconds, printable, size

PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START", "XRAY TraceId")
"""How the lines begin that Lambda itself writes about an invocation. The front's own line says more."""

BAD_STATUS = 400

_REFUSAL = "[ERROR] Exception: Unauthorized"
"""An authorizer's way to a 401: it raises, and Lambda logs where."""


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event.

    Attributes:
        source: "front", "auth" (the authorizer), "page" (the playground), "model" (a container) or "access" (API
            Gateway).
        subject: the model whose container wrote it, else "".
        message: what was written.
    """

    time: datetime
    source: str
    subject: str
    stream: str
    message: str
    id: str = ""

    @classmethod
    def of(cls, source: str, subject: str, event: Mapping[str, Any]) -> LogEvent:
        """From FilterLogEvents."""
        moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        message = str(event["message"]).rstrip()
        return cls(moment, source, subject, event.get("logStreamName", ""), message, event.get("eventId", ""))

    @property
    def is_platform(self) -> bool:
        """Whether Lambda wrote it and not the function."""
        return self.source in ("front", "auth", "page") and self.message.startswith(PLATFORM)

    def content(self) -> object:
        """The message as JSON where it is a JSON object, else its text."""
        return self._object() or self.message

    def _object(self) -> dict[str, Any] | None:
        if not self.message.startswith("{"):
            return None
        try:
            value = json.loads(self.message)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None

    def line(self, *, wide: bool) -> Line:
        """The event in one line."""
        fields = self._object()
        if fields is not None and fields.get("message") == "request":
            return _front(fields, wide)
        if fields is not None and self.source == "access":
            return _access(fields, wide)
        if fields is not None and self.source == "page" and "status" in fields:
            return Line(f"{fields['status']} GET /playground")
        if fields is not None and "message" in fields:
            level = str(fields.get("level", "INFO"))
            rest = [f"{name}={value}" for name, value in fields.items() if name not in ("level", "message", "_aws")]
            return Line(printable(" ".join([level, str(fields["message"]), *rest])), bad=level in ("ERROR", "CRITICAL"))
        if self.source == "auth" and _REFUSAL in self.message:
            return Line("401 Unauthorized: the key or token is missing or invalid", bad=True)
        subject = f"{self.subject}: " if self.subject else ""
        return Line(f"{subject}{printable(self.message)}", bad=_reports_error(self.message))


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `bad` if it reports a failure."""

    text: str
    bad: bool = False


def _front(fields: Mapping[str, Any], wide: bool) -> Line:
    """One request in the gateway function's log."""
    status, failed = fields.get("status"), fields.get("outcome") != "completed"
    parts = [str(status), _route(fields, wide), str(fields.get("model") or "")]
    if wide:
        parts.append(str(fields.get("client") or ""))
    if fields.get("completion_tokens") is not None:
        about = "~" if fields.get("prompt_tokens_estimated") else ""
        parts.append(f"{about}{fields.get('prompt_tokens', '?')}+{fields['completion_tokens']} tokens")
    if wide and fields.get("time_to_first_token_ms") is not None:
        parts.append(f"first {milliseconds(fields['time_to_first_token_ms'])},")
    parts.append(milliseconds(fields.get("duration_ms")))
    if failed:
        parts += [str(fields.get(name) or "") for name in ("error_code", "error_param", "error_detail")]
        if fields.get("outcome") == "client_closed":
            parts.append("client closed")
    if wide:
        parts.append(str(fields.get("request_id") or ""))
    return Line(_joined(parts), bad=failed)


def _access(fields: Mapping[str, Any], wide: bool) -> Line:
    """One request in API Gateway's access log, where "-" stands for what does not apply."""
    known = {name: value for name, value in fields.items() if value not in ("-", "", None)}
    status = str(known.get("status", "?"))
    parts = [status, _route(known, wide), str(known.get("error_type", ""))]
    if known.get("waf_status") == "WAF_BLOCK":
        parts.append("blocked by the web ACL")
    parts.append(size(_integer(known.get("response_bytes"))))
    if wide and "time_to_first_content_ms" in known:
        parts.append(f"first {milliseconds(_integer(known['time_to_first_content_ms']))},")
    parts.append(milliseconds(_integer(known.get("response_ms"))))
    parts.append(str(known.get("source_ip", "")))
    if wide:
        parts.append(str(known.get("request_id", "")))
    return Line(_joined(parts), bad=not status.isdecimal() or int(status) >= BAD_STATUS)


def _route(fields: Mapping[str, Any], wide: bool) -> str:
    route = str(fields.get("route", ""))
    return route if wide else route.removeprefix("POST ")


def _joined(parts: list[str]) -> str:
    return printable(" ".join(part for part in parts if part))


def _integer(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() else 0


def _reports_error(message: str) -> bool:
    return any(word in message for word in ("ERROR", "Error:", "Traceback", "panicked", "Task timed out"))
