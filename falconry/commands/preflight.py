"""`falconry preflight`: whether a deploy will work."""

from __future__ import annotations

from dataclasses import asdict

from falconry.errors import CheckFailedError
from falconry.target import Config, Json, Local


def preflight(config: Config = "", local: Local = False, json: Json = False) -> None:
    """Check whether a deploy will work; create nothing.

    Credentials, region, CDK bootstrap, instance quotas (also for the second fleet of an update), zones, weights,
    network, Lambda's concurrency. Each failure comes with the command that fixes it. Exit code 1 if a check failed;
    warnings, and checks that these credentials may not make, leave it 0.

    \b
    Examples:
      falconry preflight falcon-180b
      falconry preflight dev && npx cdk deploy --all -c config=dev
      falconry preflight dev --json | jq -r '.[] | select(.outcome == "failed") | .mend'
    """
    from falconry.preflight.check import CheckOutcome
    from falconry.preflight.run import run
    from falconry.target import find

    target = find(config, local=local)
    report = run(target)
    if json:
        from falconry.output import print_json

        print_json([{"part": part, **asdict(check)} for part, checks in report.items() for check in checks])
    else:
        from falconry.views import preflight as view

        view.show(target, report)
    if any(check.outcome is CheckOutcome.FAILED for checks in report.values() for check in checks):
        raise CheckFailedError
