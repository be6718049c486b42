"""All checks: run together, reported in order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from falconry.preflight import account, artifacts, instances, network
from falconry.preflight.check import Check, Checker, CheckOutcome, run_checker

if TYPE_CHECKING:
    from falconry.target import Target

CHECKERS: Sequence[tuple[str, str, Checker]] = (
    ("Account", "region", account.region),
    ("Account", "license", account.licenses),
    ("Account", "CDK bootstrap", account.bootstrap),
    ("Account", "stacks", account.stacks),
    ("Models", "instance quotas", instances.quotas),
    ("Models", "zones", network.zones),
    ("Models", "weights", artifacts.weights),
    ("Network", "VPC", network.vpc),
    ("Network", "VPC endpoint services", network.services),
    ("API", "Lambda concurrency", instances.concurrency),
    ("API", "API Gateway", network.api),
)
"""Part of the report, subject of a check that could not be made, checker."""

SERVICES = (
    *("ec2", "ssm", "cloudformation", "sagemaker", "application-autoscaling", "service-quotas"),
    *("s3", "lambda", "apigateway", "acm"),
)


def run(target: Target) -> dict[str, list[Check]]:
    """Run all checks; they come by part of the report. Without usable credentials there is only one."""
    first = list(account.credentials(target))
    if any(check.outcome is CheckOutcome.FAILED for check in first):
        return {"Account": first}
    # Clients are made one after the other: boto3's session is not thread-safe.
    for service in SERVICES:
        target.client(service)
    with ThreadPoolExecutor(len(CHECKERS)) as pool:
        answers = list(pool.map(lambda one: run_checker(one[1], one[2], target), CHECKERS))
    report: dict[str, list[Check]] = {"Account": first}
    for (part, _, _), checks in zip(CHECKERS, answers, strict=True):
        report.setdefault(part, []).extend(checks)
    return report
