"""A stand-in for the Hugging Face Hub with one repository, as far as huggingface_hub asks it."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def hub(repository: str, files: Mapping[str, bytes], damaged: str = "") -> Iterator[str]:
    """The URL of a hub that has `repository` with `files`; the content of `damaged` arrives otherwise than it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def _answer(self, *, with_body: bool) -> None:
            path = unquote(urlsplit(self.path).path)
            if re.fullmatch(rf"/api/models/{repository}(/revision/[^/]+)?", path):
                self._send(200, json.dumps(described(repository, files)).encode(), {}, with_body)
                return
            match = re.fullmatch(rf"/{repository}/resolve/{COMMIT}/(.+)", path)
            if match is None or match[1] not in files:
                self._send(404, b"{}", {"x-error-code": "RepoNotFound", "x-error-message": "not found"}, with_body)
                return
            content = files[match[1]]
            sent = bytes(len(content)) if match[1] == damaged else content
            self._send(200, sent, {"etag": f'"{etag(content)}"', "x-repo-commit": COMMIT}, with_body)

        def _send(self, status: int, content: bytes, headers: Mapping[str, str], with_body: bool) -> None:
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if with_body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing on the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def is_large(content: bytes) -> bool:
    """Whether the hub keeps a file beside Git."""
    return len(content) > 1000


def etag(content: bytes) -> str:
    """The hash by which the hub knows a file: SHA-256 of a large one, Git's own of another."""
    if is_large(content):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def described(repository: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    siblings: list[dict[str, Any]] = []
    for name, content in files.items():
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        sibling: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": blob}
        if is_large(content):
            sibling["lfs"] = {"sha256": etag(content), "size": len(content), "pointerSize": 134}
        siblings.append(sibling)
    return {"id": repository, "modelId": repository, "sha": COMMIT, "siblings": siblings, "tags": [], "private": False}
