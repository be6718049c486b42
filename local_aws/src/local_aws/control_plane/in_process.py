"""Calls of the emulated AWS to itself, without a connection and a thread for each."""

import logging
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from werkzeug.test import run_wsgi_app

from .lambda_code import Application

_log = logging.getLogger(__name__)


def answering(application: Application) -> Callable[..., Any]:
    """A handler of botocore's event `before-send`: the application answers, and nothing is sent."""

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        try:
            body, status, headers = run_wsgi_app(application, _environ(request), buffered=True)
        except Exception:
            # As over a connection: whoever asked is told that the server failed, and its log has the reason.
            _log.exception("%s %s", request.method, request.url)
            return AWSResponse(request.url, 500, {}, MockRawResponse(b""))
        return AWSResponse(request.url, int(status.split()[0]), dict(headers.items()), MockRawResponse(b"".join(body)))

    return answer


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    """The request as a server hands it to a WSGI application."""
    url = urlsplit(request.url)
    target = f"{url.path}?{url.query}" if url.query else url.path
    body = _content(request.body)
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "REQUEST_URI": target,
        "RAW_URI": target,
        "SERVER_NAME": str(url.hostname),
        "SERVER_PORT": str(url.port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    return environ


def _content(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, bytes | bytearray) else bytes(body.read())
