"""The `falconry` command as a process, the way a shell starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

NOWHERE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONPATH": str(ROOT),
}
"""No credentials, whatever the machine has."""


def falconry(*arguments: str, columns: int = 80, local_file: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs it to its end, with standard output in a pipe. `local_file`: the api.json that --local reads."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, **NOWHERE, "COLUMNS": str(columns), "TZ": "UTC"}
    if local_file is not None:
        # A profile of the shell is for AWS itself; it need not even be there.
        environment |= {"FALCONRY_LOCAL_FILE": str(local_file), "AWS_PROFILE": "of-nobody"}
    return subprocess.run(
        [sys.executable, "-m", "falconry", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
