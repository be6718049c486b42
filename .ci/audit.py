"""`python .ci/audit.py PIP_AUDIT LOCK_FILE...`: known vulnerabilities of what the lock files name, by pip-audit.

The advisories are asked for over the network (OSV). Exit codes: 0 none known, or the database is out of reach, which is
said; 1 some are known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

OUT_OF_REACH = ("ConnectionError", "Max retries exceeded", "ServiceError", "ReadTimeout", "ConnectTimeout")
"""What pip-audit's traceback says where there is no network."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of one lock file; `audited` None where the database could not be asked."""

    lock_file: str
    audited: int | None
    findings: tuple[str, ...] = ()


def audit(pip_audit: str, lock_file: str) -> Audit:
    """Ask about everything that `lock_file` names. Raises RuntimeError where pip-audit fails otherwise."""
    options = ["--disable-pip", "--require-hashes", "--vulnerability-service", "osv", "--format", "json"]
    command = [pip_audit, "--requirement", lock_file, *options, "--progress-spinner", "off", "--timeout", "15"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 1) or not result.stdout.strip():
        if any(words in result.stderr for words in OUT_OF_REACH):
            return Audit(lock_file, None)
        raise RuntimeError(f"pip-audit ended with {result.returncode} for {lock_file}:\n{result.stderr}")
    return read(lock_file, json.loads(result.stdout))


def read(lock_file: str, answer: dict[str, Any]) -> Audit:
    """From pip-audit's JSON. Packages that the database was not asked about do not count as audited."""
    audited = [package for package in answer["dependencies"] if "vulns" in package]
    if not audited:
        return Audit(lock_file, None)
    return Audit(lock_file, len(audited), tuple(_findings(audited)))


def _findings(packages: Sequence[dict[str, Any]]) -> Iterator[str]:
    for package in packages:
        for found in package["vulns"]:
            fixed = f"fixed in {', '.join(found['fix_versions'])}" if found.get("fix_versions") else "no fix yet"
            yield f"{package['name']} {package['version']}: {found['id']} ({fixed})"


def main(arguments: Sequence[str]) -> int:
    pip_audit, *lock_files = arguments
    audits = [audit(pip_audit, lock_file) for lock_file in lock_files]
    for one in audits:
        if one.audited is None:
            print(
                f"{one.lock_file}: NOT audited: the database of advisories (api.osv.dev) cannot be reached from here."
            )
        else:
            print(f"{one.lock_file}: {one.audited} packages, {len(one.findings)} known vulnerabilities")
        for finding in one.findings:
            print(f"  {finding}", file=sys.stderr)
    return 1 if any(one.findings for one in audits) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
