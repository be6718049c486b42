"""Lambda's entry point: serves one document, stored beside this file with its headers. It calls nothing else.

The runtime streams the bytes unchanged, so that the document is sent compressed without binary media types.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent

DOCUMENT = (_FOLDER / "document.html").read_bytes()
HEADERS: Mapping[str, str] = json.loads((_FOLDER / "headers.json").read_text(encoding="utf-8"))
"""The headers of the document, such as its content security policy."""

_COMPRESSED = gzip.compress(DOCUMENT, mtime=0)
# Two representations, two validators (RFC 9110, 8.8.3.3).
_DIGEST = hashlib.sha256(DOCUMENT).hexdigest()[:32]
_ETAGS = {False: f'"{_DIGEST}"', True: f'"{_DIGEST}-gzip"'}


def handler(event: Mapping[str, object], context: object) -> dict[str, object]:
    """Answer a GET of API Gateway's REST proxy: the document, or 304 to a browser that already has it."""
    zipped = _accepts_gzip(_header(event, "accept-encoding"))
    headers = {
        **HEADERS,
        "etag": _ETAGS[zipped],
        # Cached, but revalidated each time: the next load after a deploy shows the new page.
        "cache-control": "no-cache",
        "vary": "Accept-Encoding",
        "x-request-id": _request_id(event),
    }
    known = _header(event, "if-none-match")
    fresh = known.strip() == "*" or any(_same(tag, _ETAGS[zipped]) for tag in known.split(","))
    status, body = (304, b"") if fresh else (200, _COMPRESSED if zipped else DOCUMENT)
    if not fresh:
        headers["content-type"] = "text/html; charset=utf-8"
        if zipped:
            headers["content-encoding"] = "gzip"
    line = {"level": "INFO", "message": "page", "request_id": headers["x-request-id"], "status": status}
    print(json.dumps({**line, "time": int(time.time() * 1000)}, separators=(",", ":")), flush=True)
    return {"statusCode": status, "headers": headers, "body": _once(body)}


def _once(body: bytes) -> Iterator[bytes]:
    yield body


def _same(tag: str, etag: str) -> bool:
    """The weak comparison that `If-None-Match` requires."""
    return tag.strip().removeprefix("W/") == etag


def _accepts_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, parameters = part.partition(";")
        if coding.strip() == "gzip":
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _header(event: Mapping[str, object], name: str) -> str:
    given = event.get("headers")
    headers = given if isinstance(given, dict) else {}
    return next((str(value) for key, value in headers.items() if str(key).lower() == name), "")


def _request_id(event: Mapping[str, object]) -> str:
    context = event.get("requestContext")
    return str(context.get("requestId", "")) if isinstance(context, dict) else ""
