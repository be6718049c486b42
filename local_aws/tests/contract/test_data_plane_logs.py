"""The access log of the data plane's API Gateway, in CloudWatch Logs."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from local_aws_testing.data_plane import REGION, Aws, RunningDataPlane, data_plane, shared_aws, wait_until

GROUP = "/test/access"
FORMAT = {
    "status": "$context.status",
    "route": "$context.httpMethod $context.resourcePath",
    "error_type": "$context.error.responseType",
    "response_bytes": "$context.responseLength",
    "response_ms": "$context.responseLatency",
    "integration_status": "$context.integration.status",
    "mode": "$context.integration.responseTransferMode",
    "first_content_ms": "$context.integration.timeToFirstContent",
    "iam_arn": "$context.identity.userArn",
}


@pytest.fixture(scope="module")
def aws() -> Aws:
    return shared_aws()


@pytest.fixture(scope="module")
def plane(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    api = aws.create_api("logged")
    api.method("GET /things/{action}", aws.create_function("logged-buffered", "buffered.handler"))
    api.deploy()
    aws.logs.create_log_group(logGroupName=GROUP)
    changes = [
        ("/accessLogSettings/destinationArn", f"arn:aws:logs:{REGION}:123456789012:log-group:{GROUP}"),
        ("/accessLogSettings/format", json.dumps(FORMAT)),
    ]
    aws.apigateway.update_stage(
        restApiId=api.id,
        stageName="live",
        patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in changes],
    )
    with data_plane(aws, tmp_path_factory.mktemp("logged"), api_name="logged") as running:
        yield running.wait_ready()


def test_each_request_is_a_line_of_the_access_log(aws: Aws, plane: RunningDataPlane) -> None:
    # GIVEN a request that the function answers, and one that API Gateway refuses
    answered = httpx2.get(f"{plane.url}/things/echo")
    httpx2.get(f"{plane.url}/nowhere")

    # THEN the stage's log group holds a line in the stage's format for each
    def lines() -> list[dict[str, str]]:
        events = aws.logs.filter_log_events(logGroupName=GROUP)["events"]
        return [json.loads(event["message"]) for event in events]

    wait_until(lambda: len(lines()) == 2, 10, "two lines")
    first, second = lines()
    assert first["status"] == first["integration_status"] == "200"
    assert first["route"] == "GET /things/{action}"
    assert first["response_bytes"] == str(len(answered.content))
    assert first["mode"] == "BUFFERED"
    assert (first["error_type"], first["iam_arn"], first["first_content_ms"]) == ("-", "-", "-")
    assert int(first["response_ms"]) < 10_000
    assert (second["status"], second["error_type"]) == ("403", "MISSING_AUTHENTICATION_TOKEN")
    assert second["integration_status"] == "-"
