"""What `cdk diff` says becomes of each resource."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from falconry.cdk import NODE, Cdk
from falconry.review.resources import Action

_LINE = re.compile(r"^\[([-+~])\] AWS::\S+ (?:.*? )??(\S+)(?: (replace|may be replaced|destroy|orphan))?$")
_WORDS = {
    "replace": Action.REPLACED,
    "may be replaced": Action.MAY_BE_REPLACED,
    "destroy": Action.REMOVED,
    "orphan": Action.LEFT_BEHIND,
}
_SIGNS = {"+": Action.ADDED, "~": Action.CHANGED}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A template with one stack of an assembly."""

    assembly: str
    template: str
    stack: str


def run(comparisons: Sequence[Comparison], folder: Path) -> list[Mapping[str, Action]]:
    """For each comparison logical id to what becomes of the resource, as far as something does."""
    file = folder / "comparisons.json"
    file.write_text(json.dumps([asdict(one) for one in comparisons]), encoding="utf-8")
    environment = {**Cdk().environment(account=False), "CDK_HOME": str(folder), "CI": "true"}
    script = Path(__file__).with_suffix(".js")
    command = [NODE, script, Cdk().cli.parent.parent, file]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    parts = re.split(r"^== \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(parts) == len(comparisons)
    return [dict(_verdicts(part)) for part in parts]


def _verdicts(printed: str) -> list[tuple[str, Action]]:
    found = []
    for line in printed.splitlines():
        if match := _LINE.match(line):
            sign, logical_id, word = match.groups()
            found.append((logical_id, _WORDS[word] if word else _SIGNS[sign]))
    return found
