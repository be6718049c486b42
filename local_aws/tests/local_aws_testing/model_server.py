"""A model server in a process of its own, and a client for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[3]
DIALOGUES = json.loads(
    (ROOT / "local_aws/src/local_aws/model_server/training/dialogues.json").read_text(encoding="utf-8")
)["dialogues"]


def command(*arguments: str) -> list[str]:
    """The command line of a model server on a free port, with `arguments`."""
    return [sys.executable, "-m", "local_aws.model_server", "--port", "0", *arguments]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what would set the server's limits, plus `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAX_", "TGI_", "HF_"))}
    return {**kept, **variables}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    process_id: int
    client: httpx2.Client

    def post(self, path: str, body: Any) -> httpx2.Response:
        """The answer to `body`, sent as JSON."""
        return self.client.post(path, json=body)

    def generate(self, inputs: str, **parameters: Any) -> dict[str, Any]:
        """The object of /generate."""
        response = self.post("/generate", {"inputs": inputs, "parameters": parameters})
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def stream(self, inputs: str, **parameters: Any) -> list[dict[str, Any]]:
        """The events of /generate_stream."""
        response = self.post("/generate_stream", {"inputs": inputs, "parameters": parameters})
        assert response.status_code == 200
        return events(response.text)


def events(text: str) -> list[dict[str, Any]]:
    """The data of each event of a whole stream; every event is one line and an empty one."""
    blocks = text.split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data:") and "\n" not in block for block in blocks)
    return [json.loads(block.removeprefix("data:")) for block in blocks]


@contextmanager
def running(arguments: Sequence[str] = (), **variables: str) -> Iterator[Server]:
    """A server that is ready; it has ended when the block ends."""
    process = subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment(**variables), stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" ")[2].strip()
        assert url.startswith("http://"), "the server did not start"
        with httpx2.Client(base_url=url, timeout=30) as client:
            yield Server(url, process.pid, client)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
