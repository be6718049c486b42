"""`falconry plan`, `preflight` and `status` of models that are scaled, on a deployment that goes from mode to mode."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from falconry.iam import matches
from tests.infrastructure.matrix import SMALL, synthesize
from tests.infrastructure.test_delivery_privilege import CALLS as DELIVERY_CALLS

from .command import as_json, describe, environment, falconry
from .control_plane import CloudFormation, client, control_plane
from .local import ROOT
from .test_scaling import COMPONENT, ENDPOINT, EVENING, NAME, VARIANT, copies, targets

MODES = {
    "fixed": "    scaling: {mode: fixed}\n",
    "target_tracking": "    scaling: {mode: target_tracking, max_instances: 3}\n",
    "scheduled": "    scaling: {mode: scheduled, " + EVENING % (1, 2) + "}\n",
    "scale_to_zero": "    scaling: {mode: scale_to_zero, max_instances: 2}\n",
}
BOUNDS = {"fixed": [], "target_tracking": [(1, 3)], "scheduled": [(1, 1)], "scale_to_zero": [(0, 2)]}

WAY = (
    *("fixed", "target_tracking", "scheduled", "scale_to_zero", "fixed", "scheduled", "target_tracking"),
    *("fixed", "scale_to_zero", "target_tracking", "scale_to_zero", "scheduled", "fixed"),
)
"""Goes once from each mode to each other one."""


@pytest.fixture(scope="module")
def cloudformation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudFormation]:
    with control_plane(tmp_path_factory.mktemp("modes") / "log") as aws_url:
        prepared = CloudFormation(aws_url)
        prepared.prepare()
        yield prepared


def described(cloudformation: CloudFormation, folder: Path, scaling: str) -> Path:
    """What --local reads, for a config with that scaling."""
    config = folder / f"{NAME}.yaml"
    config.write_text(SMALL + scaling, encoding="utf-8")
    return describe(
        folder, aws_endpoint_url=cloudformation.aws_url, base_url="http://127.0.0.1:9/v1", config=str(config)
    )


def expected(before: str, after: str) -> tuple[str, str]:
    """What `plan` says of the change, and the endpoint that serves then."""
    name = f"{ENDPOINT}-components" if after == "scale_to_zero" else ENDPOINT
    return ("succeeded" if "scale_to_zero" in (before, after) else "unchanged"), name


def test_the_way_has_every_change() -> None:
    assert set(itertools.pairwise(WAY)) == set(itertools.permutations(MODES, 2))


def test_every_change_of_mode_is_told_and_deploys(cloudformation: CloudFormation, tmp_path: Path) -> None:
    aws_url = cloudformation.aws_url
    cloudformation.deploy(synthesize(NAME, SMALL + MODES[WAY[0]], tmp_path), NAME)

    for before, after in itertools.pairwise(WAY):
        file = described(cloudformation, tmp_path, MODES[after])
        kind, name = expected(before, after)

        # GIVEN the plan says what becomes of the endpoint
        (change,) = as_json(file, "plan", "--local")["changes"]
        assert (before, after, change["kind"]) == (before, after, kind)

        # WHEN the mode is deployed
        cloudformation.deploy(synthesize(NAME, SMALL + MODES[after], tmp_path), NAME)

        # THEN one endpoint serves, scaled in that way and no other, and the plan has nothing left
        (endpoint,) = as_json(file, "status", "--local")["endpoints"]
        assert (endpoint["name"], endpoint["status"], endpoint["instances"]) == (name, "InService", 1), (before, after)
        resource = f"inference-component/{COMPONENT}" if after == "scale_to_zero" else VARIANT
        other = VARIANT if after == "scale_to_zero" else f"inference-component/{COMPONENT}"
        assert (targets(aws_url, resource), targets(aws_url, other)) == (BOUNDS[after], []), (before, after)
        assert [one["kind"] for one in as_json(file, "plan", "--local")["changes"]] == ["unchanged"]


def test_a_model_that_sleeps(cloudformation: CloudFormation, tmp_path: Path) -> None:
    # GIVEN a deployment whose only model has been scaled to zero
    cloudformation.deploy(synthesize(NAME, SMALL + MODES["scale_to_zero"], tmp_path), NAME)
    file = described(cloudformation, tmp_path, MODES["scale_to_zero"])
    copies(client(cloudformation.aws_url, "sagemaker"), 0)

    # WHEN the operator looks
    status = as_json(file, "status", "--local")
    shown = falconry(file, "status", "--local")

    # THEN no instance runs and none is paid for, and that is no failure
    (endpoint,) = status["endpoints"]
    assert (endpoint["instances"], endpoint["desired"], endpoint["components"]) == (0, 0, True)
    assert [(cost["instance_hours"], cost["usd"]) for cost in status["cost_this_month"]] == [(0, 0)]
    assert shown.returncode == 0
    assert "about $0.00 for 0.0 instance hours" in shown.stdout

    # AND the preflight asks for room for all copies and, in an update, for one more
    quota = quota_check(file)
    assert (quota["outcome"], quota["found"]) == (
        "warning",
        "2 for endpoints: enough for this deploy, but an update adds instances for a while and needs 3",
    )
    assert quota["mend"].endswith("--desired-value 3")

    # AND the plan says what it costs awake, and asleep
    plan = as_json(file, "plan", "--local")
    assert plan["costs"][0]["name"] == "at most 2 x ml.g5.2xlarge for falcon-7b-instruct"
    assert plan["fewest_instances"]["usd_per_hour"] == 0
    assert [change["kind"] for change in plan["changes"]] == ["unchanged"]


def test_a_model_by_the_clock_in_the_evening(cloudformation: CloudFormation, tmp_path: Path) -> None:
    # GIVEN two instances of which the schedule has taken one away
    config = "    instance_count: 2\n    scaling: {mode: scheduled, " + EVENING % (1, 1) + "}\n"
    cloudformation.deploy(synthesize(NAME, SMALL + config, tmp_path), NAME)
    file = described(cloudformation, tmp_path, config)
    client(cloudformation.aws_url, "sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=ENDPOINT, DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}]
    )

    # WHEN the operator looks
    (endpoint,) = as_json(file, "status", "--local")["endpoints"]
    plan = as_json(file, "plan", "--local")

    # THEN it is as the schedule wants it, and a deploy would not undo that
    assert (endpoint["instances"], endpoint["configured"], endpoint["scaled"]) == (1, 2, True)
    assert [change["kind"] for change in plan["changes"]] == ["unchanged"]
    assert plan["fewest_instances"]["usd_per_hour"] == pytest.approx(plan["costs"][0]["usd_per_hour"] / 2)
    assert quota_check(file)["outcome"] == "warning"  # two, and two more in an update


@pytest.mark.parametrize("command", ["plan", "status"])
def test_it_answers_in_two_seconds_and_without_the_cdk(
    cloudformation: CloudFormation, tmp_path: Path, command: str
) -> None:
    cloudformation.deploy(synthesize(NAME, SMALL, tmp_path), NAME)
    file = described(cloudformation, tmp_path, "")
    assert falconry(file, command, "--local").returncode == 0  # the first run compiles and reads from the disk
    code = (
        "import sys\nfrom falconry.app import app\n"
        f"app(['{command}', '--local'], standalone_mode=False)\n"
        "assert 'botocore' in sys.modules\n"
        "print([name for name in ('aws_cdk', 'jsii', 'constructs', 'stacks') if name in sys.modules], file=sys.stderr)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(file), capture_output=True, text=True, check=True
    )
    assert finished.stderr == "[]\n"

    # One of ten: what else the machine does is no property of the command.
    assert any(seconds(file, command) < 2 for _ in range(10))


def seconds(file: Path, command: str) -> float:
    start = time.perf_counter()
    assert falconry(file, command, "--local").returncode == 0
    return time.perf_counter() - start


def quota_check(file: Path) -> dict[str, Any]:
    checks = json.loads(falconry(file, "preflight", "--local", "--json").stdout)
    (quota,) = [check for check in checks if check["subject"] == "quota of ml.g5.2xlarge"]
    return dict(quota)


CALLS = """
import sys
from botocore.client import BaseClient
made, call = set(), BaseClient._make_api_call
def noted(client, operation, arguments):
    made.add(f"{client.meta.service_model.signing_name}:{operation}")
    return call(client, operation, arguments)
BaseClient._make_api_call = noted
from falconry.app import app
app([sys.argv[1], "--local", "--json"], standalone_mode=False)
print(*made, file=sys.stderr)
"""
"""Runs a command and says which operations it called, by the names that IAM gives the services."""

OF_REVIEW = {call.action for calls in DELIVERY_CALLS.values() for call in calls}
"""What the role for pull requests may do (each is tied to its statement there)."""

ACTIONS = {"s3:HeadObject": "s3:GetObject", "s3:ListObjectsV2": "s3:ListBucket"}


@pytest.mark.parametrize("mode", ["target_tracking", "scale_to_zero"])
@pytest.mark.parametrize("command", ["plan", "preflight", "status", "logs"])
def test_the_page_names_every_permission_that_it_takes(
    cloudformation: CloudFormation, tmp_path: Path, mode: str, command: str
) -> None:
    cloudformation.deploy(synthesize(NAME, SMALL + MODES[mode], tmp_path), NAME)
    file = described(cloudformation, tmp_path, MODES[mode])
    page = (ROOT / "docs" / "command.md").read_text(encoding="utf-8").partition("All permissions, for one policy")[2]
    granted = re.findall(r"`([a-z0-9-]+:[A-Za-z*]+)`", page)

    arguments = [sys.executable, "-c", CALLS, command]
    finished = subprocess.run(
        arguments, cwd=ROOT, env=environment(file), capture_output=True, text=True, check=False, timeout=60
    )
    called = finished.stderr.splitlines()[-1].split()

    assert called, finished.stderr
    wanted = {"apigateway:GET" if one.startswith("apigateway:Get") else ACTIONS.get(one, one) for one in called}
    wanted = {one.replace("monitoring:", "cloudwatch:") for one in wanted}
    assert [one for one in sorted(wanted) if not any(matches(pattern, one) for pattern in granted)] == []
    if command in ("plan", "preflight"):
        assert wanted - {"sts:GetCallerIdentity"} <= OF_REVIEW, "what reviews pull requests may not look that far"
