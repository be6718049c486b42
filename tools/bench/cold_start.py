"""Time from process start to the first request for an event, compared with a process that creates a boto3 client."""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from local_aws.data_plane.lambda_service.runtime_folder import interpreter

from tools.bench import child
from tools.bench.lambda_function import (
    AUTHORIZER,
    FRONT,
    Deployed,
    LambdaFolders,
    front_environment,
    python_environment,
)
from tools.bench.runtime_api import StandInRuntimeApi

RUNS = 11
BARE = "boto3 client alone"
BARE_PROGRAM = """\
import sys
import boto3
boto3.client("sagemaker-runtime")
import http.client
http.client.HTTPConnection(sys.argv[1]).request("GET", "/2018-06-01/runtime/invocation/next")
"""


def measure(folders: LambdaFolders, log_file: Path, runs: int = RUNS) -> dict[str, dict[str, float]]:
    """For each process: the median in ms, and its ratio to the bare process."""
    environment = front_environment("http://127.0.0.1:9")

    def function(deployed: Deployed, *, compiled: bool) -> Callable[[str], subprocess.Popen[bytes]]:
        task = folders.task(deployed, compiled=compiled)
        variables = environment if deployed is FRONT else {}
        return lambda runtime_api: folders.start(deployed, task, runtime_api, variables, log_file)

    def bare(runtime_api: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [interpreter(), "-c", BARE_PROGRAM, runtime_api], env=python_environment(folders.runtime)
        )

    starters = {
        BARE: bare,
        "front, as in the bundle": function(FRONT, compiled=False),
        "front, compiled": function(FRONT, compiled=True),
        "authorizer": function(AUTHORIZER, compiled=False),
    }
    times: dict[str, list[float]] = {name: [] for name in starters}
    for _ in range(runs + 1):
        for name, start in starters.items():
            times[name].append(_milliseconds(start))
    # The first round warms the file cache.
    medians = {name: statistics.median(many[1:]) for name, many in times.items()}
    return {
        name: {"median_ms": round(median, 1), "ratio": round(median / medians[BARE], 2)}
        for name, median in medians.items()
    }


def _milliseconds(start: Callable[[str], subprocess.Popen[bytes]]) -> float:
    with contextlib.closing(StandInRuntimeApi()) as api:
        started = time.perf_counter()
        with child.ending(start(api.address)):
            return (api.wait_until_asked() - started) * 1000


def table(figures: dict[str, dict[str, float]], runs: int = RUNS) -> str:
    """The figures for a reader."""
    lines = [f"\nfrom process start to asking for the first event, median of {runs}, ms"]
    for name, one in figures.items():
        lines.append(f"  {name:<37} {one['median_ms']:9.1f}   {one['ratio']:5.2f} times the boto3 client alone")
    return "\n".join(lines)
