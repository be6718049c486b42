"""The figures as JSON in `.local/bench.json`; each command updates its own part only."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

FILE = Path(os.environ.get("FALCONRY_BENCH_FILE") or Path(__file__).resolve().parents[2] / ".local" / "bench.json")
"""An alternative file, for tests of the bench."""


def save(part: str, figures: object, file: Path = FILE) -> None:
    """Put `figures` under `part`, and under `machine` what they were measured on."""
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    known["machine"] = {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
    }
    known[part] = figures
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
