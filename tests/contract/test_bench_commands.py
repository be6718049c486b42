"""The measuring commands as processes, with amounts that take seconds."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(module: str, *arguments: str, file: Path) -> str:
    """What `python -m module` prints; its figures go into `file`."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        # What is measured does not matter here, so the CDK's check of templates, most of a synth, is left out.
        env={**os.environ, "FALCONRY_BENCH_FILE": str(file), "CDK_VALIDATION": "false"},
        stdout=subprocess.PIPE,
        text=True,
        # A group of its own, to end with it what it has started.
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate(timeout=200)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, printed
    return printed


def test_streams_are_measured_and_none_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"

    run("tools.bench.streams", "--streams", "3", "--seconds", "2", "--gap-ms", "10", file=file)

    streams = json.loads(file.read_text(encoding="utf-8"))["streams"]
    assert streams["answers"] >= 3
    assert sum(streams["faults"].values()) == 0


def test_a_synthesis_is_measured_against_an_empty_app(tmp_path: Path) -> None:
    printed = run("tools.bench.synth_time", "--runs", "1", "--warm-ups", "0", file=tmp_path / "bench.json")

    ratios = dict(re.findall(r"^  (.+?) +\d+\.\d+ s +(\d+\.\d+) times the empty app$", printed, re.MULTILINE))
    assert ratios.keys() == {"empty app", "falcon-180b", "six models"}
    assert ratios["empty app"] == "1.00"
