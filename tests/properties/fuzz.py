"""`python -m tests.properties.fuzz --minutes 10`: the properties with as many examples as fit into the time.

Each property runs in rounds of 250 examples, every round with a seed of its own, on all cores. Ends with 1 and prints
the smallest example, as hypothesis found it, where one fails; write it down as an @example.
"""

from __future__ import annotations

import argparse
import importlib
import math
import multiprocessing
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.properties import profiles

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one property."""

    name: str
    examples: int
    failure: str | None


def properties() -> list[tuple[str, str]]:
    """Module and function of every test in this folder that hypothesis runs."""
    modules = [f"{__package__}.{file.stem}" for file in sorted(FOLDER.glob("test_*.py"))]
    return [
        (module, name)
        for module in modules
        for name, value in vars(importlib.import_module(module)).items()
        if name.startswith("test_") and hasattr(value, "hypothesis")
    ]


def fuzz(module: str, name: str, seconds: float) -> Outcome:
    """Run one property for `seconds`, or until it fails."""
    profiles.load("fuzz")
    run: Any = getattr(importlib.import_module(module), name)
    test: Callable[..., None] = run.hypothesis.inner_test
    ends_at = time.monotonic() + seconds
    examples = 0

    def counted(*arguments: object, **named: object) -> None:
        nonlocal examples
        examples += 1
        test(*arguments, **named)

    run.hypothesis.inner_test = counted
    try:
        while time.monotonic() < ends_at:
            run()
    except Exception:
        return Outcome(name, examples, traceback.format_exc())
    return Outcome(name, examples, None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.properties.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for all properties together (default: 1)")
    minutes = parser.parse_args().minutes
    if not 0 < minutes < math.inf:
        parser.error(f"--minutes {minutes}: more than 0")
    profiles.load("fuzz")
    cores = os.cpu_count() or 1
    found = properties()
    # A process each, as many at a time as there are cores: each gets its share of the time.
    seconds = minutes * 60 / math.ceil(len(found) / cores)
    with multiprocessing.get_context("spawn").Pool(cores, maxtasksperchild=1) as pool:
        outcomes = pool.starmap(fuzz, [(module, name, seconds) for module, name in found], chunksize=1)
    for outcome in outcomes:
        print(f"{outcome.examples:>9,}  {'FAILED' if outcome.failure else 'ok':6}  {outcome.name}")
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    print(*failures, sep="\n\n", file=sys.stderr, end="\n" if failures else "")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
