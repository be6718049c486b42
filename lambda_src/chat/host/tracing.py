"""A request's segment for X-Ray: how long the model took, and the outcome; no prompt and no answer.

Lambda runs a daemon beside the function that takes segments by UDP (AWS X-Ray developer guide, "Sending trace data to
X-Ray" and "Segment documents"). One datagram a traced request needs no SDK.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time

from chat.record import Record

_HEADER = b'{"format":"json","version":1}\n'


def send(record: Record) -> None:
    """Add the model's part to the trace of the present invocation, if it is traced."""
    trace = _traced()
    address = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    if trace is None or address is None or record.model is None:
        return
    now = time.time()
    document: dict[str, object] = {
        "name": record.model,
        "id": secrets.token_hex(8),
        "trace_id": trace["Root"],
        "parent_id": trace["Parent"],
        "type": "subsegment",
        "namespace": "remote",
        "start_time": now - record.elapsed_ms() / 1000,
        "end_time": now,
        "fault": record.error_code is not None,
        "annotations": {name: value for name, value in record.fields().items() if isinstance(value, str | int | float)},
    }
    host, _, port = address.rpartition(":")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
            daemon.sendto(_HEADER + json.dumps(document).encode(), (host, int(port)))
    except (OSError, ValueError):
        # A trace is never worth an answer.
        return


def _traced() -> dict[str, str] | None:
    """Root and parent of the trace, or None for an invocation that is not sampled."""
    parts = (part.split("=", 1) for part in os.environ.get("_X_AMZN_TRACE_ID", "").split(";") if "=" in part)
    trace = {name.strip(): value for name, value in parts}
    return trace if trace.get("Sampled") == "1" and "Root" in trace and "Parent" in trace else None
