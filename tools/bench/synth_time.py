"""How long `cdk synth` takes against an empty Python CDK app with one stack: `make bench-synth`.

All are run in turn, several times, so that a busy machine slows them alike; printed are the medians and their ratios.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from falconry.cdk import NODE, ROOT, Cdk

EMPTY_APP = """\
import os
os.environ["JSII_NODE"] = {node!r}
from aws_cdk import App, Stack
app = App()
Stack(app, "empty")
app.synth()
"""

SIX_MODELS = """\
region: us-west-2
models:
  - {name: falcon-7b}
  - {name: falcon-7b-instruct}
  - {name: falcon-40b}
  - {name: falcon-40b-instruct}
  - {name: falcon-180b, accept_license: true}
  - {name: falcon-180b-chat, accept_license: true}
"""


def seconds(app: Path, output: Path, *arguments: str) -> float:
    """How long one `cdk synth` of the app in the folder `app` takes."""
    started = time.perf_counter()
    subprocess.run(
        Cdk().command("synth", "--quiet", "--output", output, *arguments),
        cwd=app,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.synth_time", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each app")
    parser.add_argument("--warm-ups", type=int, default=1, help="runs of each app before, which are not counted")
    options = parser.parse_args()
    runs = options.runs
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "app.py").write_text(EMPTY_APP.format(node=str(NODE)), encoding="utf-8")
        (folder / "cdk.json").write_text(f'{{"app": "{sys.executable} app.py"}}', encoding="utf-8")
        (folder / "six.yaml").write_text(SIX_MODELS, encoding="utf-8")
        measured: dict[str, list[float]] = {"empty app": [], "falcon-180b": [], "six models": []}
        for _ in range(options.warm_ups + runs):
            measured["empty app"].append(seconds(folder, folder / "out-empty"))
            measured["falcon-180b"].append(seconds(ROOT, folder / "out-default"))
            measured["six models"].append(seconds(ROOT, folder / "out-six", "-c", f"config={folder / 'six.yaml'}"))
    # Warming up fills the file cache.
    medians = {name: statistics.median(times[options.warm_ups :]) for name, times in measured.items()}
    print(f"cdk synth, median of {runs} runs each, in turn\n")
    for name, median in medians.items():
        print(f"  {name:<12} {median:6.2f} s   {median / medians['empty app']:5.2f} times the empty app")


if __name__ == "__main__":
    main()
