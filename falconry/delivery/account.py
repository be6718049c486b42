"""`python -m falconry.delivery.account --config NAME --assembly FILE`: what a deploy would change in the
account, and whether it would work.

Reads only: `cdk diff` by comparing templates, which makes no change set, and `falconry preflight`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from falconry.delivery.bundle import Bundle
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project
from falconry.delivery.summary import report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.account", description=__doc__)
    parser.add_argument("--config", required=True, help="a name in config/")
    parser.add_argument("--assembly", type=Path, required=True, help="what delivery.assemblies wrote for it")
    options = parser.parse_args()
    project = Project()
    try:
        bundle = Bundle.open(options.config, options.assembly)
        difference = project.cdk("diff", *bundle.stacks, "--app", str(bundle.cdk_out), "--method=template")
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return 1
    report(f"## `{bundle.name}` compared with what is deployed\n\n```\n{difference.strip()}\n```")
    preflight = subprocess.run(
        ["falconry", "preflight", str(bundle.config)],
        env=project.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    report(f"## Preflight\n\n```\n{preflight.stdout.strip()}\n```")
    return preflight.returncode


if __name__ == "__main__":
    sys.exit(main())
