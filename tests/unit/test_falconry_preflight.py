"""Checks whose question AWS refuses or answers badly. What it answers well is tested against the emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from falconry import settings
from falconry.preflight import account, artifacts, instances, network
from falconry.preflight.check import Check, Checker, CheckOutcome, run_checker
from falconry.target import Target

CONFIG = "region: us-east-1\nmodels: [{name: falcon-7b-instruct}]\n"


class Answers(Target):
    """A target whose clients give what a test put into them."""

    def client(self, service: str, **_: int) -> Any:
        return self.clients()[service]

    @staticmethod
    def clients() -> dict[str, Any]:
        raise NotImplementedError


@contextmanager
def answering(folder: Path, **calls: list[tuple[str, Any]]) -> Iterator[Target]:
    """A target; `calls`: service (with _ for -) and its operations in order, each with an answer or an error's code."""
    path = folder / "dev.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    clients = {}
    for name, expected in calls.items():
        service = name.replace("_", "-")
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        stubber = Stubber(client)
        for operation, answer in expected:
            if isinstance(answer, str):
                stubber.add_client_error(operation, service_error_code=answer, service_message=answer)
            else:
                stubber.add_response(operation, answer)
        stubber.activate()
        clients[service] = client

    class Stubbed(Answers):
        @staticmethod
        def clients() -> dict[str, Any]:
            return clients

    yield Stubbed(settings.load(path), "dev", None)


def only(checks: Any) -> Check:
    (check,) = checks
    assert isinstance(check, Check)
    return check


@pytest.mark.parametrize(
    ("checker", "service", "operation", "action"),
    [
        (account.region, "ec2", "describe_regions", "ec2:DescribeRegions"),
        (account.stacks, "cloudformation", "describe_stacks", "cloudformation:DescribeStacks"),
        (instances.concurrency, "lambda", "get_account_settings", "lambda:GetAccountSettings"),
        (network.services, "ec2", "describe_vpc_endpoint_services", "ec2:DescribeVpcEndpointServices"),
        (network.api, "apigateway", "get_account", "apigateway:GET"),
    ],
)
def test_a_missing_permission_is_named_and_is_no_failure(
    tmp_path: Path, checker: Checker, service: str, operation: str, action: str
) -> None:
    with answering(tmp_path, **{service: [(operation, "AccessDeniedException")]}) as target:
        check = only(run_checker("it", checker, target))

    assert check.outcome is CheckOutcome.UNKNOWN
    assert action in check.found
    assert action in check.mend


def test_a_bucket_that_may_not_be_listed_is_unknown(tmp_path: Path) -> None:
    who = ("get_caller_identity", {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"})
    with answering(tmp_path, sts=[who], s3=[("list_objects_v2", "AccessDenied")]) as target:
        check = only(run_checker("weights", artifacts.weights, target))

    assert check.outcome is CheckOutcome.UNKNOWN
    assert "s3:ListBucket" in check.found


def test_no_connection_is_unknown(tmp_path: Path) -> None:
    def unreachable(target: Target) -> list[Check]:
        raise EndpointConnectionError(endpoint_url="https://example.com")

    with answering(tmp_path) as target:
        assert only(run_checker("it", unreachable, target)).outcome is CheckOutcome.UNKNOWN


def test_a_region_that_is_not_enabled_fails_with_the_command_that_enables_it(tmp_path: Path) -> None:
    regions = {"Regions": [{"RegionName": "us-east-1", "OptInStatus": "not-opted-in"}]}
    with answering(tmp_path, ec2=[("describe_regions", regions)]) as target:
        check = only(account.region(target))

    assert check.outcome is CheckOutcome.FAILED
    assert check.mend == "aws account enable-region --region-name us-east-1"


def test_expired_credentials_fail_with_what_to_do(tmp_path: Path) -> None:
    with answering(tmp_path, sts=[("get_caller_identity", "ExpiredToken")]) as target:
        check = only(account.credentials(target))

    assert check.outcome is CheckOutcome.FAILED
    assert "aws sso login" in check.found


@pytest.mark.parametrize(
    ("state", "outcome", "mend"),
    [
        ("ROLLBACK_COMPLETE", CheckOutcome.FAILED, "aws cloudformation delete-stack"),
        ("UPDATE_IN_PROGRESS", CheckOutcome.FAILED, "describe-stack-events"),
        ("UPDATE_ROLLBACK_COMPLETE", CheckOutcome.OK, ""),
    ],
)
def test_a_stack_that_takes_no_deploy_is_told(tmp_path: Path, state: str, outcome: CheckOutcome, mend: str) -> None:
    stack = {"StackName": "falconry-dev-network", "CreationTime": "2026-11-25T00:00:00Z", "StackStatus": state}
    absent = "Stack does not exist"
    calls: list[tuple[str, Any]] = [("describe_stacks", {"Stacks": [stack]}), *[("describe_stacks", absent)] * 3]
    with answering(tmp_path, cloudformation=calls) as target:
        check = only(account.stacks(target))

    assert check.outcome is outcome
    assert mend in check.mend


def test_an_instance_type_without_a_quota_may_not_be_offered(tmp_path: Path) -> None:
    who = ("get_caller_identity", {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me"})
    none: tuple[str, Any] = ("list_endpoints", {"Endpoints": []})
    quotas: tuple[str, Any] = ("list_service_quotas", {"Quotas": []})
    with answering(
        tmp_path, sts=[who], sagemaker=[none, none], application_autoscaling=[], service_quotas=[quotas]
    ) as target:
        check = only(instances.quotas(target))

    assert check.outcome is CheckOutcome.UNKNOWN
    assert '"ml.g5.2xlarge for endpoint usage"' in check.found


def test_a_new_accounts_lambda_quota_fails_with_what_it_takes(tmp_path: Path) -> None:
    # GIVEN ten functions at once, as some new accounts have
    limits = {"AccountLimit": {"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10}}
    calls = [("get_account_settings", limits), ("get_function_concurrency", "ResourceNotFoundException")]
    with answering(tmp_path, **{"lambda": calls}) as target:
        check = only(instances.concurrency(target))

    assert check.outcome is CheckOutcome.FAILED
    assert check.mend == (
        "aws service-quotas request-service-quota-increase --region us-east-1 --service-code lambda "
        "--quota-code L-B99A9384 --desired-value 228"
    )


def test_what_the_front_holds_already_is_not_asked_for_again(tmp_path: Path) -> None:
    limits = {"AccountLimit": {"ConcurrentExecutions": 228, "UnreservedConcurrentExecutions": 100}}
    held = {"ReservedConcurrentExecutions": 128}
    calls = [("get_account_settings", limits), ("get_function_concurrency", held)]
    with answering(tmp_path, **{"lambda": calls}) as target:
        assert only(instances.concurrency(target)).outcome is CheckOutcome.OK


def test_an_instance_type_that_ec2_has_nowhere_is_a_warning(tmp_path: Path) -> None:
    zones = {"AvailabilityZones": [{"ZoneName": f"us-east-1{letter}", "State": "available"} for letter in "abc"]}
    offerings: dict[str, Any] = {"InstanceTypeOfferings": []}
    calls = [("describe_availability_zones", zones), ("describe_instance_type_offerings", offerings)]
    with answering(tmp_path, ec2=calls) as target:
        check = only(network.zones(target))

    assert check.outcome is CheckOutcome.WARNING
    assert "hint" in check.found


def test_zones_without_the_instance_type_are_a_warning_with_the_setting_that_mends_it(tmp_path: Path) -> None:
    zones = {"AvailabilityZones": [{"ZoneName": f"us-east-1{letter}", "State": "available"} for letter in "abcd"]}
    offerings = {
        "InstanceTypeOfferings": [{"InstanceType": "g5.2xlarge", "Location": f"us-east-1{letter}"} for letter in "cd"]
    }
    calls = [("describe_availability_zones", zones), ("describe_instance_type_offerings", offerings)]
    with answering(tmp_path, ec2=calls) as target:
        check = only(network.zones(target))

    assert check.outcome is CheckOutcome.WARNING
    assert check.mend == "network: {zone_names: [us-east-1c, us-east-1d]}"
