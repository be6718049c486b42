"""`make bench`: the front's latency compared with boto3 and LiteLLM's proxy, cold start, memory and size."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from pathlib import Path

from tools.bench import child, cold_start, figures, latency, litellm_proxy
from tools.bench.contestants import Boto3, Contestant, DeployedFront, sagemaker_runtime
from tools.bench.lambda_function import AUTHORIZER, FRONT, LambdaFolders, bundle_bytes


def main() -> None:
    """Measure, print, and write the figures to .local/bench.json."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("--without-litellm", action="store_true", help="leave LiteLLM's proxy out")
    options = parser.parse_args()
    if not options.without_litellm and not litellm_proxy.PROGRAM.exists():
        parser.error(f"{litellm_proxy.PROGRAM} is missing: `make bench` installs it, or give --without-litellm")
    started = time.monotonic()
    log_file = figures.FILE.with_name("bench.log")
    log_file.parent.mkdir(parents=True, exist_ok=True)
    log_file.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="falconry-bench-") as temporary:
        folder = Path(temporary)
        folders = LambdaFolders(folder)
        starts = cold_start.measure(folders, log_file)
        print(cold_start.table(starts), flush=True)
        with contextlib.ExitStack() as running:
            url = running.enter_context(sagemaker_runtime())
            contestants: list[Contestant] = [
                running.enter_context(Boto3.running(url, folders)),
                running.enter_context(DeployedFront.running(url, folders, log_file)),
            ]
            if not options.without_litellm:
                contestants.append(running.enter_context(litellm_proxy.LiteLlm.running(url, folder, log_file)))
            waits = latency.measure(contestants)
            print(latency.table(waits), flush=True)
            memory = {one.name: child.memory(one.process_id) for one in contestants}
        print("\nmemory after the answers above, MB (10^6 bytes)         resident  proportional")
        for name, one in memory.items():
            print(f"  {name:<51} {one['rss_mb']:9.1f} {one['pss_mb']:9.1f}")
        sizes = {function.packages[0]: bundle_bytes(function, folder) for function in (FRONT, AUTHORIZER)}
        print("\nzipped bundle, bytes")
        for name, size in sizes.items():
            print(f"  {name:<51} {size:9,}")
    figures.save("latency_ms", waits)
    figures.save("cold_start", starts)
    figures.save("memory", memory)
    figures.save("bundle_bytes", sizes)
    print(f"\n{time.monotonic() - started:.0f} s; the figures are in {figures.FILE}")


if __name__ == "__main__":
    main()
