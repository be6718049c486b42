"""The log of requests: a line with metrics for each, a trace and, where a deployment keeps one, an audit record."""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Mapping

from chat.host import audit, metrics, tracing
from chat.host.event import ApiGatewayEvent
from chat.http import Request, Response

CLIENTS: Mapping[str, str] = json.loads(os.environ.get("FALCONRY_CLIENTS", "{}"))
"""Names of clients by the ids of their API keys."""

DEPLOYMENT = os.environ.get("FALCONRY_DEPLOYMENT", "")
"""The deployment's name, under which metrics are kept; none are without it."""

AUDIT_LOG = audit.from_environment()
"""Where a record of each request is kept; None where the deployment keeps none."""


def note(event: ApiGatewayEvent, request: Request, response: Response) -> None:
    """Write down the request in `event`, and what became of it, once the body of `response` has ended."""
    copy = AUDIT_LOG.copy_of(response.body) if AUDIT_LOG else []
    response.body.on_close(functools.partial(_log_response, event, request, response, copy))


def log(line: Mapping[str, object]) -> None:
    """Write one line of JSON."""
    print(json.dumps(line, separators=(",", ":")), flush=True)


def _log_response(event: ApiGatewayEvent, request: Request, response: Response, copy: list[bytes]) -> None:
    """Write the request's log line: ids, counts, times and metrics; never a prompt, an answer or a key.

    `copy` is what was answered, for an audit log that keeps it.
    """
    record = response.record
    outcome = "failed" if record.error_code else "completed" if response.body.exhausted else "client_closed"
    client = event.client(CLIENTS)
    line: dict[str, object] = {
        "level": "INFO",
        "message": "request",
        "request_id": request.request_id,
        "client": client,
        "route": f"{request.method} {event.resource or request.path}",
        "status": response.status,
        "outcome": outcome,
        **record.fields(),
    }
    now = time.time()
    measured: dict[str, object] = {}
    if DEPLOYMENT:
        measured = metrics.embedded(
            record, deployment=DEPLOYMENT, client=client, status=response.status, milliseconds=int(now * 1000)
        )
    log(line | measured)
    tracing.send(record)
    if AUDIT_LOG:
        _audit(AUDIT_LOG, {**line, "source_ip": event.source_ip}, request, copy, now)


def _audit(
    writer: audit.AuditWriter, line: Mapping[str, object], request: Request, copy: list[bytes], now: float
) -> None:
    """Write the audit record. Everything has been sent by now: only the end of the answer waits for it."""
    failure = writer.write(line, request.body, copy, now)
    log(
        {
            "level": "ERROR" if failure else "INFO",
            "message": "audit",
            "request_id": request.request_id,
            "outcome": "failed" if failure else "written",
            **({"error": failure} if failure else {}),
            **metrics.audited(deployment=DEPLOYMENT, failed=failure is not None, milliseconds=int(now * 1000)),
        }
    )
