"""The few calls of GitHub's REST API that the workflows make, served on this machine."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "example/falconry"
REPOSITORY_ID = 1
TOKEN = "a-jobs-token"


class GithubStandIn:
    """Comments of one pull request, and artifacts. `environment` is what a runner sets for its jobs."""

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.requests: list[str] = []
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.url, "GITHUB_REPOSITORY": REPOSITORY}

    def add_comment(self, body: str, user_type: str = "Bot") -> dict[str, Any]:
        number = len(self.comments) + 1
        comment = {"id": number, "body": body, "user": {"type": user_type}, "html_url": f"https://github/c/{number}"}
        self.comments.append(comment)
        return comment

    def add_artifact(self, name: str, run: int, **changes: Any) -> None:
        """An artifact of a run of main, unless `changes` say otherwise."""
        origin = {"id": run, "head_branch": "main", "head_sha": f"{run:040}"}
        ids = {"repository_id": REPOSITORY_ID, "head_repository_id": REPOSITORY_ID}
        artifact = {"name": name, "expired": False, "created_at": f"2026-01-01T00:{run:02}:00Z"}
        run_changes = {key: value for key, value in changes.items() if key in {**origin, **ids}}
        artifact_changes = {key: value for key, value in changes.items() if key in artifact}
        self.artifacts.append({**artifact, **artifact_changes, "workflow_run": {**origin, **ids, **run_changes}})

    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, Any]:
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        path = url.path.removeprefix(f"/repos/{REPOSITORY}")
        self.requests.append(f"{method} {path}")
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        if found := re.fullmatch(r"/issues/comments/(\d+)", path):
            comment = self.comments[int(found[1]) - 1]
            comment["body"] = body["body"]
            return 200, comment
        if re.fullmatch(r"/issues/\d+/comments", path):
            if method == "POST":
                return 201, self.add_comment(body["body"])
            size, page = int(query["per_page"]), int(query["page"])
            return 200, self.comments[(page - 1) * size : page * size]
        if path == "/actions/artifacts":
            found_artifacts = [artifact for artifact in self.artifacts if artifact["name"] == query["name"]]
            return 200, {"total_count": len(found_artifacts), "artifacts": found_artifacts}
        return 404, {"message": "Not Found"}


@contextmanager
def github() -> Iterator[GithubStandIn]:
    """A stand-in that serves until the context ends."""
    stand_in = GithubStandIn()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, answer = stand_in.answer(self.command, self.path, self.headers.get("Authorization", ""), body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 (the names that http.server looks for)

        def log_message(self, *_: object) -> None:
            """The tests look at `requests`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
