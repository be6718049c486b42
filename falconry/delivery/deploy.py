"""`python -m falconry.delivery.deploy --config NAME --assembly FILE [--previous FILE] [--prepared FILE]`: deploy, test.

Deploys the assembly (by its prepared change sets, where there are some) and runs `falconry smoke`. Where either fails,
it rolls back: it deploys the previous assembly again and tests that.

Exit codes: 0 deployed and tested; 1 failed, and the previous assembly is deployed and tested; 3 failed, and a person is
needed, because there is no previous assembly or it fails too.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from falconry.delivery.aws import credentials
from falconry.delivery.bundle import Bundle
from falconry.delivery.change_sets import execute, load_states
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project
from falconry.delivery.summary import report

DEPLOYED, ROLLED_BACK, STUCK = 0, 1, 3

SMOKE_TRIES = 2
SETTLING = "60"
"""Seconds between them. API Gateway takes up to a minute until a new deployment, key or usage plan holds everywhere."""

ROLLBACK_DETAILS = """\
Restored: function code, API, usage plans, models and endpoint configurations, network, permissions, alarms.

Not restored, since no deployment can:
- a resource that was replaced or removed is created again with a new id; its content is lost unless it was retained;
- a bucket, key or log group that was retained when its resource went has to be imported by hand;
- effects of requests meanwhile: quotas used, answers given, objects written;
- a stack that only the failed commit has: it stays. `npx cdk destroy` removes it."""


def deploy(new: Bundle, previous: Bundle | None, prepared: Path | None, project: Project) -> int:
    """Deploy and test `new`, or roll back to `previous`; the exit code."""
    try:
        if prepared:
            execute(new, load_states(prepared), project)
        else:
            _deploy_all(new, project)
        smoke(new, project)
    except DeliveryError as error:
        report(f"## `{new.name}`: commit {new.commit} failed\n\n```\n{error}\n```")
        return _roll_back(previous, project)
    report(f"## `{new.name}`: commit {new.commit} is deployed and passed its smoke test")
    return DEPLOYED


def smoke(bundle: Bundle, project: Project) -> None:
    """`falconry smoke` with the config that belongs to the assembly. Raises DeliveryError if it fails.

    It asks for the API's URL and a client's key, which the CDK's lookup role may read.
    """
    wait = float(os.environ.get("FALCONRY_SETTLE_SECONDS", SETTLING))
    for attempt in range(SMOKE_TRIES):
        if attempt:
            print(f"The smoke test runs again in {wait:.0f} s.", flush=True)
            time.sleep(wait)
        environment = {**project.environment, **credentials(bundle, "lookup")}
        command = ["falconry", "smoke", str(bundle.config)]
        code = subprocess.run(command, cwd=project.root, env=environment, check=False).returncode
        if code == 0:
            return
    raise DeliveryError(f"`falconry smoke {bundle.name}` failed {SMOKE_TRIES} times ({code}); see above.")


def _deploy_all(bundle: Bundle, project: Project) -> None:
    options = ["--exclusively", "--require-approval", "never", "--concurrency", "2"]
    project.cdk("deploy", *bundle.stacks, "--app", str(bundle.cdk_out), *options)


def _roll_back(previous: Bundle | None, project: Project) -> int:
    if previous is None:
        report("There is no earlier deployment to roll back to: it stays as it is. Fix it and merge again.")
        return STUCK
    try:
        _deploy_all(previous, project)
        smoke(previous, project)
    except DeliveryError as error:
        report(f"## The rollback to commit {previous.commit} failed too\n\n```\n{error}\n```\n\nA person is needed.")
        return STUCK
    report(f"## Rolled back to commit {previous.commit}, which passed its smoke test\n\n{ROLLBACK_DETAILS}")
    return ROLLED_BACK


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.deploy", description=__doc__)
    parser.add_argument("--config", required=True, help="a name in config/")
    parser.add_argument("--assembly", type=Path, required=True, help="what delivery.assemblies wrote for it")
    parser.add_argument("--previous", type=Path, help="the one to roll back to; may be missing")
    parser.add_argument("--prepared", type=Path, help="what delivery.prepare wrote")
    options = parser.parse_args()
    try:
        new = Bundle.open(options.config, options.assembly)
        there = options.previous is not None and options.previous.exists()
        previous = Bundle.open(options.config, options.previous) if there else None
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return STUCK
    return deploy(new, previous, options.prepared, Project())


if __name__ == "__main__":
    sys.exit(main())
