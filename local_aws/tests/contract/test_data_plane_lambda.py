"""The data plane's Lambda: the environment of a function, its limits, crashes, updates, logs, and the Invoke call."""

import io
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from local_aws_testing.data_plane import (
    REGION,
    Aws,
    RunningDataPlane,
    data_plane,
    shared_aws,
    wait_until,
)
from local_aws_testing.functions import BUFFERED_FUNCTION, make_zip
from local_aws_testing.timing import quickest


@pytest.fixture(scope="module")
def aws() -> Aws:
    return shared_aws()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("functions")


@pytest.fixture(scope="module")
def plane(aws: Aws, folder: Path) -> Iterator[RunningDataPlane]:
    aws.logs.create_log_group(logGroupName="/aws/lambda/functions-main")
    api = aws.create_api("functions")
    variables = {"GREETING": "hello", "FILE": "/var/task/buffered.py"}
    main = aws.create_function(
        "functions-main", "buffered.handler", Environment={"Variables": variables}, MemorySize=512
    )
    short = aws.create_function("functions-short", "buffered.handler", Timeout=1)
    narrow = aws.create_function("functions-narrow", "buffered.handler")
    aws.lambda_.put_function_concurrency(FunctionName="functions-narrow", ReservedConcurrentExecutions=1)
    api.method("GET /main/{action}", main)
    api.method("GET /short/{action}", short)
    api.method("GET /narrow/{action}", narrow)
    api.deploy()
    with data_plane(aws, folder, api_name="functions", max_concurrency=2) as running:
        yield running.wait_ready()


@pytest.fixture
def invoke(plane: RunningDataPlane) -> Any:
    """boto3's `lambda` client, calling the data plane."""
    return boto3.client(
        "lambda",
        endpoint_url=plane.services_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_a_function_sees_what_lambda_sets_and_nothing_of_this_machine(
    plane: RunningDataPlane, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THIS_MACHINE", "x")
    seen = httpx2.get(f"{plane.url}/main/environment").json()
    environment = seen["env"]
    assert environment["GREETING"] == "hello"
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "functions-main"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert environment["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == REGION
    assert environment["_HANDLER"] == "buffered.handler"
    assert environment["TZ"] == ":UTC"
    assert environment["AWS_ENDPOINT_URL"] == aws.url
    assert environment["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] == plane.services_url
    assert "SECRET_OF_THIS_MACHINE" not in environment
    assert "HOME" not in environment
    # /var/task is where the code is, also in the function's own variables.
    assert seen["cwd"] == environment["LAMBDA_TASK_ROOT"]
    assert Path(environment["FILE"]).read_text(encoding="utf-8") == BUFFERED_FUNCTION
    # boto3 is there as on AWS, with the role's credentials; packages of the project's own environment are not.
    assert ":assumed-role/function/" in seen["arn"]
    assert seen["starlette"] is False
    assert seen["arn_invoked"].endswith(":function:functions-main")
    # A loaded machine may take seconds for the first call's imports: any one of three may show the whole time.
    left = [seen["left"], *(httpx2.get(f"{plane.url}/main/environment").json()["left"] for _ in range(2))]
    assert 8000 < max(left) <= 10_000


def test_one_environment_serves_one_invocation_after_the_other(plane: RunningDataPlane) -> None:
    pids = {httpx2.get(f"{plane.url}/narrow/a").json()["pid"] for _ in range(5)}
    assert len(pids) == 1


def test_a_timeout_ends_the_environment(plane: RunningDataPlane) -> None:
    def ended() -> float:
        before = httpx2.get(f"{plane.url}/short/a").json()["pid"]
        started = time.monotonic()
        assert httpx2.get(f"{plane.url}/short/sleep").status_code == 502
        seconds = time.monotonic() - started
        assert httpx2.get(f"{plane.url}/short/a").json()["pid"] != before
        return seconds

    assert 0.9 < quickest(ended, 1.6) < 1.6


def test_a_killed_environment_is_replaced(plane: RunningDataPlane) -> None:
    environments = plane.health()["functions"]["functions-narrow"]["environments"]
    os.kill(environments[0]["pid"], signal.SIGKILL)
    wait_until(lambda: not plane.health()["functions"]["functions-narrow"]["environments"])
    assert httpx2.get(f"{plane.url}/narrow/a").json()["pid"] != environments[0]["pid"]


def test_concurrent_requests_start_environments_up_to_the_reserved_concurrency(plane: RunningDataPlane) -> None:
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(httpx2.get, f"{plane.url}/narrow/sleep", timeout=20)
        wait_until(lambda: plane.health()["functions"]["functions-narrow"]["environments"][0]["busy"])
        # Lambda throttles, and API Gateway makes an internal error of it.
        assert httpx2.get(f"{plane.url}/narrow/a").status_code == 500
        others = [pool.submit(httpx2.get, f"{plane.url}/main/a", timeout=20) for _ in range(2)]
        assert [other.result().status_code for other in others] == [200, 200]
        os.kill(plane.health()["functions"]["functions-narrow"]["environments"][0]["pid"], signal.SIGKILL)
        assert first.result().status_code == 502


def test_without_reserved_concurrency_requests_wait_for_what_the_machine_can_run(plane: RunningDataPlane) -> None:
    # GIVEN a function that could run a thousand times at once in AWS, on a machine that runs it twice
    with ThreadPoolExecutor(12) as pool:
        # WHEN twelve requests come at once
        answers = [pool.submit(httpx2.get, f"{plane.url}/main/a", timeout=20) for _ in range(12)]

    # THEN none is refused
    assert [answer.result().status_code for answer in answers] == [200] * 12
    assert 1 <= len({answer.result().json()["pid"] for answer in answers}) <= 2
    assert len(plane.health()["functions"]["functions-main"]["environments"]) <= 2


def test_new_code_and_a_new_deployment_are_noticed_within_two_seconds(plane: RunningDataPlane, aws: Aws) -> None:
    assert httpx2.get(f"{plane.url}/main/a").json()["marker"] == "first"
    archive = make_zip({"buffered.py": BUFFERED_FUNCTION.replace('MARKER = "first"', 'MARKER = "second"')})
    aws.lambda_.update_function_code(FunctionName="functions-main", **aws.put_code("second.zip", archive))
    wait_until(lambda: httpx2.get(f"{plane.url}/main/a").json()["marker"] == "second", 2, "the new code")
    api_id = plane.health()["apis"]["functions"]["id"]
    resources = aws.apigateway.get_resources(restApiId=api_id)["items"]
    root = next(item["id"] for item in resources if item["path"] == "/")
    place = {"restApiId": api_id, "resourceId": root, "httpMethod": "GET"}
    uri = aws.apigateway.get_integration(
        restApiId=api_id,
        resourceId=next(item["id"] for item in resources if item["path"] == "/main/{action}"),
        httpMethod="GET",
    )["uri"]
    aws.apigateway.put_method(**place, authorizationType="NONE")
    aws.apigateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri)
    plane.reload()
    # As in AWS, a method is not there before it is deployed.
    assert httpx2.get(plane.url).status_code == 403
    deployment = aws.apigateway.create_deployment(restApiId=api_id)["id"]
    change = {"op": "replace", "path": "/deploymentId", "value": deployment}
    aws.apigateway.update_stage(restApiId=api_id, stageName="live", patchOperations=[change])
    wait_until(lambda: httpx2.get(plane.url).status_code == 200, 2, "the new deployment")


def test_output_goes_to_a_file_and_to_the_log_group(plane: RunningDataPlane, aws: Aws, folder: Path) -> None:
    request_id = httpx2.get(f"{plane.url}/main/a").headers["x-amzn-requestid"]
    text = (folder / "logs" / "lambda" / "functions-main.log").read_text(encoding="utf-8")
    assert "a line of the function's own" in text
    assert "START RequestId: " in text
    assert request_id not in text  # Lambda has request ids of its own

    def logged() -> bool:
        events = aws.logs.filter_log_events(logGroupName="/aws/lambda/functions-main")["events"]
        return any("a line of the function's own" in event["message"] for event in events)

    wait_until(logged, 5, "the line in CloudWatch Logs")
    # A group that is not deployed is not made behind CloudFormation's back.
    groups = [group["logGroupName"] for group in aws.logs.describe_log_groups()["logGroups"]]
    assert "/aws/lambda/functions-short" not in groups


def test_invoke(invoke: Any) -> None:
    answer = invoke.invoke(
        FunctionName="functions-short", Payload=json.dumps({"pathParameters": {"action": "headers"}})
    )
    assert answer["StatusCode"] == 200
    assert json.load(io.BytesIO(answer["Payload"].read()))["statusCode"] == 418
    failed = invoke.invoke(FunctionName="functions-short", Payload=json.dumps({"pathParameters": {"action": "raise"}}))
    assert failed["FunctionError"] == "Unhandled"
    error = json.loads(failed["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "broken on purpose")
    with pytest.raises(ClientError) as unknown:
        invoke.invoke(FunctionName="nobody")
    assert unknown.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_an_invocation_under_way_ends_with_the_code_it_began_with(plane: RunningDataPlane, aws: Aws) -> None:
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(httpx2.get, f"{plane.url}/main/sleep", timeout=20)
        wait_until(lambda: plane.health()["functions"]["functions-main"]["environments"][0]["busy"])
        archive = make_zip({"buffered.py": BUFFERED_FUNCTION.replace('MARKER = "first"', 'MARKER = "third"')})
        aws.lambda_.update_function_code(FunctionName="functions-main", **aws.put_code("third.zip", archive))
        wait_until(lambda: httpx2.get(f"{plane.url}/main/a").json()["marker"] == "third", 4, "the new code")
        assert not slow.done()
        assert slow.result().json()["marker"] in ("first", "second")
