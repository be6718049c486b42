"""`falconry smoke FILE` against the emulated AWS: tells it where the deployment of FILE is served, once it is.

REHEARSAL names a JSON file: deployment -> the addresses of its data plane.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PATIENCE = 60
"""Seconds for functions and containers to start."""


def call(url: str, body: Any = None) -> Any:
    """The JSON that `url` answers."""
    data = None if body is None else json.dumps(body).encode()
    with OPENER.open(urllib.request.Request(url, data, {"Content-Type": "application/json"}), timeout=60) as response:
        return json.load(response)


def settle(management: str) -> None:
    """Wait until what was deployed is served, or says why it is not; what that means, the smoke test finds out."""
    call(f"{management}/_local/reload", {})
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        health = call(f"{management}/_local/health")
        parts = [part for kind in ("functions", "endpoints") for part in health[kind].values()]
        if health["ready"] or any(part["reason"] for part in parts):
            return
        time.sleep(0.2)


def main() -> int:
    """Run `falconry smoke FILE --url ...`; its exit code."""
    deployment = Path(sys.argv[2]).stem
    addresses = json.loads(Path(os.environ["REHEARSAL"]).read_text(encoding="utf-8"))[deployment]
    settle(addresses["management"])
    command = [sys.executable, "-m", "falconry", *sys.argv[1:], "--url", f"{addresses['api']}/v1"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
