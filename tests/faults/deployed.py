"""A deployed front as its users and its operator see it: OpenAI's client, and the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws_testing.data_plane import RunningDataPlane, wait_until
from openai import OpenAI

SHORT_READ_TIMEOUT = 0.8
"""Seconds that the front under test waits for SageMaker, in place of 75."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """The API, and the log file of its function."""

    plane: RunningDataPlane
    log_file: Path

    @property
    def openai(self) -> OpenAI:
        """OpenAI's client as anybody makes it, with its own number of retries."""
        return OpenAI(base_url=f"{self.plane.url}/v1", api_key="any")

    def log_line(self, request_id: str) -> dict[str, Any]:
        """The line of the front's log about a request."""
        return dict(wait_until(lambda: self._find(request_id), 5, f"a log line about {request_id}"))

    def _find(self, request_id: str) -> dict[str, Any] | None:
        lines = [line for line in self.log_file.read_text(encoding="utf-8").splitlines() if request_id in line]
        found = [json.loads(line[line.index("{") :]) for line in lines if '"message":"request"' in line]
        return found[0] if found else None
