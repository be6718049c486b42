"""Many streams at once for a minute through the emulated AWS: `make bench-streams`.

A deployment of its own is started, as `make local` does it, in front of a scripted model server (bench.scripted_model).
Each stream asks questions that no other asks, one after the other; every answer is compared with what its question must
be answered. The first question of each stream starts its Lambda environment; the minute begins when all have started.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from tools.bench import child, figures
from tools.bench.open_stream import TOKENS, OpenStream, StreamResult
from tools.bench.percentiles import p50_p95

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".local" / "bench-streams"
START_SECONDS = 240.0
CONFIG = """\
region: us-west-2
retain_data: false
models:
  - {name: falcon-7b-instruct, instance_count: 8}  # eight take 1024 requests at once; the front's limit is 900
api:
  clients:
    - {name: bench, rate_per_second: 1000, burst: 1000}
"""


@contextlib.contextmanager
def model_server(gap_ms: float) -> Iterator[str]:
    """The scripted model server; yields its URL."""
    command = [sys.executable, "-m", "tools.bench.scripted_model", "--gap-ms", str(gap_ms)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    with child.ending(process):
        yield f"http://127.0.0.1:{int(child.pipe(process.stdout).readline())}"


@contextlib.contextmanager
def deployment(model_server_url: str) -> Iterator[tuple[dict[str, Any], psutil.Process]]:
    """The emulated AWS with the API deployed: what api.json tells, and the data plane's process."""
    STATE.mkdir(parents=True, exist_ok=True)
    config, output = STATE / "streams.yaml", STATE / "output.log"
    config.write_text(CONFIG, encoding="utf-8")
    where = ["--config", str(config), "--port", "0", "--state-dir", str(STATE)]
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local_aws", *where, "--model-server-url", model_server_url],
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        api_file = STATE / "api.json"
        deadline = time.monotonic() + START_SECONDS
        while not api_file.exists() or not api_file.read_text(encoding="utf-8").endswith("}\n"):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The deployment did not start:\n{output.read_text(encoding='utf-8')}")
            time.sleep(0.2)
        members = psutil.Process(process.pid).children()
        data_plane = next(member for member in members if "local_aws.data_plane" in member.cmdline())
        yield json.loads(api_file.read_text(encoding="utf-8")), data_plane
    finally:
        process.terminate()
        process.wait(60)


class Minute:
    """The measured time: it starts once every stream has had its first answer."""

    def __init__(self, streams: Sequence[OpenStream], seconds: float, data_plane: psutil.Process) -> None:
        self._streams = streams
        self._seconds = seconds
        self._data_plane = data_plane
        self._waiting = len(streams)
        self._begun = asyncio.Event()
        self._over = False
        self.first: list[StreamResult] = []
        self.before: list[StreamResult] = []
        self.timed: list[StreamResult] = []
        self.usage: dict[str, float] = {}

    async def run(self) -> None:
        """Ask until the time is over. The streams begin spread over the starts of their environments, and never wait
        for each other."""
        async with asyncio.timeout(START_SECONDS + self._seconds), asyncio.TaskGroup() as group:
            for stream in self._streams:
                group.create_task(self._keep_asking(stream))
            group.create_task(self._watch())

    async def _keep_asking(self, stream: OpenStream) -> None:
        self.first.append(await stream.ask())
        self._waiting -= 1
        if not self._waiting:
            self._begun.set()
        while not self._over:
            outcomes = self.timed if self._begun.is_set() else self.before
            outcomes.append(await stream.ask())
        stream.close()

    async def _watch(self) -> None:
        started = time.monotonic()
        await self._begun.wait()
        print(f"{len(self._streams)} environments answered after {time.monotonic() - started:.1f} s", flush=True)
        begin = self._readings()
        await asyncio.sleep(self._seconds)
        end = self._readings()
        self._over = True
        elapsed = end["time"] - begin["time"]
        self.usage = {
            "seconds": round(elapsed, 1),
            "tokens_per_second": round((end["tokens"] - begin["tokens"]) / elapsed, 1),
            "data_plane_cpu_share": round((end["cpu"] - begin["cpu"]) / elapsed, 2),
            "environments_cpu_share": round((end["children_cpu"] - begin["children_cpu"]) / elapsed, 2),
            # What exceeds both by far is other work on the machine: then the times say little.
            "machine_cpu_share": round((end["machine_cpu"] - begin["machine_cpu"]) / elapsed, 2),
            "data_plane_rss_mb_before": round(begin["rss"] / 1e6, 1),
            "data_plane_rss_mb_after": round(end["rss"] / 1e6, 1),
        }

    def _readings(self) -> dict[str, float]:
        return {
            "time": time.monotonic(),
            "tokens": sum(stream.tokens for stream in self._streams),
            "cpu": _cpu_seconds(self._data_plane),
            "machine_cpu": _busy_seconds(),
            "children_cpu": sum(map(_cpu_seconds, self._data_plane.children())),
            "rss": self._data_plane.memory_info().rss,
        }

    @property
    def faults(self) -> list[str]:
        """Faults in any answer, including those before the measured time."""
        return [one.fault for one in [*self.first, *self.before, *self.timed] if one.fault is not None]

    def figures(self) -> dict[str, Any]:
        """The figures of the run."""
        complete = [one for one in self.timed if one.fault is None]
        return {
            "answers": len(self.first) + len(self.before) + len(self.timed),
            "timed_answers": len(self.timed),
            "faults": dict(Counter(fault.partition(":")[0] for fault in self.faults)),
            "first_token_ms": p50_p95([one.first_token for one in complete]) if complete else None,
            "total_ms": p50_p95([one.total for one in complete]) if complete else None,
            **self.usage,
        }


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _busy_seconds() -> float:
    """CPU time used by all processes on this machine so far, on all cores."""
    times = psutil.cpu_times()
    return float(times.user + times.system)


def main() -> int:
    """Measure and print. Returns 1 if an answer was refused, cut, or another's."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.streams", description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0, help="no question is asked later than this")
    parser.add_argument("--gap-ms", type=float, default=250.0, help="how long the model takes for a token")
    options = parser.parse_args()
    with model_server(options.gap_ms) as url, deployment(url) as (api, data_plane):
        clients = [
            OpenStream(number, api["base_url"], api["api_key"], api["models"][0]) for number in range(options.streams)
        ]
        minute = Minute(clients, options.seconds, data_plane)
        asyncio.run(minute.run())
        children = data_plane.children()
        children_pss = sum(one.memory_full_info().pss for one in children)
    result = {
        "streams": options.streams,
        "gap_ms": options.gap_ms,
        "tokens_per_answer": TOKENS,
        **minute.figures(),
        "environments": len(children) - 1,  # one is the guardian that would end the others
        "environments_pss_mb": round(children_pss / 1e6, 1),
    }
    for name, value in result.items():
        print(f"  {name:<26} {value}")
    for fault in list(dict.fromkeys(minute.faults))[:10]:
        print(f"  {fault}")
    figures.save("streams", result)
    return 1 if minute.faults else 0


if __name__ == "__main__":
    sys.exit(main())
