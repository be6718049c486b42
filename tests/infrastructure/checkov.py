"""`python -m tests.infrastructure.checkov CHECKOV DIR`: holds checkov's findings against those that have a reason.

CHECKOV is its program, DIR the folder of synthesized templates. The reasons are in checkov.yaml beside this file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

ACKNOWLEDGED = Path(__file__).with_suffix(".yaml")
HASH_LENGTH = 8
"""Digits that the CDK ends a logical id with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check: its id and what it asks for, the resource's logical id without its hash, and the template."""

    check: str
    demand: str
    resource: str
    template: str


@dataclass(frozen=True, slots=True)
class Report:
    """What checkov said of a folder of templates."""

    passed: int
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Report:
        """From its JSON output. Raises ValueError if it looked at nothing or could not read a template."""
        summary = answer.get("summary") or {}
        if not summary.get("resource_count"):
            raise ValueError("checkov found no template")
        if summary["parsing_errors"]:
            raise ValueError(f"checkov could not read {answer['results']['parsing_errors']}")
        failed = answer["results"]["failed_checks"]
        return cls(
            summary["passed"],
            tuple(
                Finding(
                    item["check_id"],
                    item["check_name"],
                    item["resource"].partition(".")[2][:-HASH_LENGTH],
                    item["file_path"],
                )
                for item in failed
            ),
        )


Reasons = Mapping[str, Mapping[str, str]]
"""Check -> pattern of resources -> why the finding stays."""


def unexplained(findings: Collection[Finding], reasons: Reasons) -> list[Finding]:
    """The findings that no reason is about."""
    return [
        found
        for found in findings
        if not any(fnmatchcase(found.resource, pattern) for pattern in reasons.get(found.check, {}))
    ]


def mistakes(findings: Collection[Finding], reasons: Reasons) -> list[str]:
    """A sentence for each finding without a reason and for each reason without a finding."""
    new = [
        f"{found.check} ({found.demand}) fails for {found.resource} in {found.template}: mend it, or say why it stays."
        for found in unexplained(findings, reasons)
    ]
    stale = [
        f"{check} is found for no {pattern} any more: take it out of {ACKNOWLEDGED.name}."
        for check, patterns in reasons.items()
        for pattern in patterns
        if not any(found.check == check and fnmatchcase(found.resource, pattern) for found in findings)
    ]
    return new + stale


def run(program: str, folder: Path) -> Report:
    """checkov on the templates in `folder`, without a call of its vendor's platform."""
    options = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "--soft-fail"]
    result = subprocess.run(
        [program, *options, "--output", "json", "--directory", str(folder)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise ValueError(f"checkov ended with {result.returncode}:\n{result.stderr}")
    answer = json.loads(result.stdout)
    return Report.of(answer if isinstance(answer, dict) else {})


def main(arguments: Sequence[str]) -> int:
    program, folder = arguments
    reasons: Reasons = yaml.safe_load(ACKNOWLEDGED.read_text(encoding="utf-8"))
    try:
        report = run(program, Path(folder))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    found = mistakes(report.findings, reasons)
    for sentence in found:
        print(sentence, file=sys.stderr)
    failed = len(report.findings)
    acknowledged = failed - len(unexplained(report.findings, reasons))
    number = sum(len(patterns) for patterns in reasons.values())
    print(f"checkov: {report.passed} passed, {failed} failed, {acknowledged} of them acknowledged by {number} reasons")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
