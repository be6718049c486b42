"""`python -m falconry.delivery.previous --config NAME --branch NAME`: the run to roll back to.

A run that has deployed and tested a config keeps the assembly as the artifact `deployed-NAME`. A rollback uses the
newest one. It must be of this repository's own branch: pull requests upload artifacts too, and the branch of a fork may
have the same name.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from falconry.delivery.errors import DeliveryError
from falconry.delivery.github import PAGE, Github
from falconry.delivery.summary import output, report


def artifact_of(config: str) -> str:
    """The artifact's name."""
    return f"deployed-{config}"


def newest(artifacts: list[dict[str, Any]], branch: str) -> dict[str, Any] | None:
    """The newest artifact that is still there and comes from `branch` of the repository itself."""
    own = [
        artifact
        for artifact in artifacts
        if not artifact["expired"]
        and artifact["workflow_run"]["head_branch"] == branch
        and artifact["workflow_run"]["head_repository_id"] == artifact["workflow_run"]["repository_id"]
    ]
    return max(own, key=lambda artifact: str(artifact["created_at"]), default=None)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.previous", description=__doc__)
    parser.add_argument("--config", required=True, help="a name in config/")
    parser.add_argument("--branch", required=True, help="the branch that is deployed")
    options = parser.parse_args()
    try:
        found = Github().get(f"/actions/artifacts?name={artifact_of(options.config)}&per_page={PAGE}")
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return 1
    artifact = newest(found["artifacts"], options.branch)
    if artifact is None:
        report(f"There is no earlier deployment of `{options.config}` to roll back to: a failed one will stay.")
        output("run", "")
        return 0
    run = artifact["workflow_run"]
    report(f"A failure of `{options.config}` rolls back to commit {run['head_sha']}, deployed by run {run['id']}.")
    output("run", str(run["id"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
