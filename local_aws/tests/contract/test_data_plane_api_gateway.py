"""The data plane's API Gateway: routes, events, keys, limits and its own answers."""

import json
import socket
import uuid
from collections.abc import Iterator

import httpx2
import pytest
from local_aws.data_plane.settings import Limits
from local_aws_testing.data_plane import Aws, RunningDataPlane, data_plane, shared_aws, wait_until

OPENAI_ERROR = (
    '{"error":{"message":$context.error.messageString,"type":"$context.error.responseType",'
    '"param":null,"request":"$context.requestId"}}'
)


@pytest.fixture(scope="module")
def aws() -> Aws:
    return shared_aws()


@pytest.fixture(scope="module")
def plane(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    api = aws.create_api("gateway")
    binary = {"op": "replace", "path": "/binaryMediaTypes", "value": "image/png"}  # moto drops it at the creation
    aws.apigateway.update_rest_api(restApiId=api.id, patchOperations=[binary])
    function = aws.create_function("gateway-buffered", "buffered.handler")
    broken = aws.create_function("gateway-broken", "broken.handler")
    api.method("GET /things/{action}", function)
    api.method("POST /things/{action}", function)
    api.method("GET /things/special", function)
    api.method("ANY /files/{path+}", function)
    api.method("GET /slow/{action}", function, timeout=300)
    api.method("GET /broken", broken)
    for name in ("keyed", "throttled", "metered"):
        api.method(f"GET /{name}", function, apiKeyRequired=True)
    api.mock("OPTIONS /things", "204", {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET,POST"})
    api.gateway_response(
        "MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseParameters={
            "gatewayresponse.header.x-request-id": "context.requestId",
            "gatewayresponse.header.x-static": "'fixed'",
        },
        responseTemplates={"application/json": OPENAI_ERROR},
    )
    api.gateway_response("DEFAULT_5XX", responseTemplates={"application/json": OPENAI_ERROR})
    api.deploy()
    api.plan("gateway-free", "free-key-0123456789012345")
    api.plan("gateway-slow", "slow-key-0123456789012345", throttle={"rateLimit": 0.5, "burstLimit": 2})
    api.plan("gateway-quota", "quota-key-012345678901234", quota={"limit": 3, "period": "DAY"})
    aws.apigateway.create_api_key(name="no plan", value="stray-key-012345678901234", enabled=True)
    limits = Limits(api_request_bytes=100_000, lambda_request_bytes=60_000)
    folder = tmp_path_factory.mktemp("gateway")
    with data_plane(aws, folder, limits, api_name="gateway") as running:
        # One function cannot start, so the whole is never "ready"; what works can be used nevertheless.
        wait_until(lambda: running.health()["functions"].get("gateway-broken", {}).get("state") == "failed")
        wait_until(lambda: running.health()["functions"]["gateway-buffered"]["state"] == "ready")
        yield running


def get(plane: RunningDataPlane, path: str, **headers: str) -> httpx2.Response:
    return httpx2.get(plane.url + path, headers=headers, timeout=10)


def test_the_function_gets_the_whole_proxy_event(plane: RunningDataPlane) -> None:
    answer = httpx2.post(
        f"{plane.url}/things/one%20two?q=1&q=2&empty=&text=a%20b",
        headers=[("X-Twice", "a"), ("X-Twice", "b"), ("Connection", "keep-alive")],
        content="hellö",
    )
    event = answer.json()["event"]
    assert answer.status_code == 200
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/things/{action}", "/things/one%20two", "POST")
    assert event["pathParameters"] == {"action": "one%20two"}
    assert event["queryStringParameters"] == {"q": "2", "empty": "", "text": "a b"}
    assert event["multiValueQueryStringParameters"]["q"] == ["1", "2"]
    assert event["headers"]["X-Twice"] == "b"
    assert event["multiValueHeaders"]["X-Twice"] == ["a", "b"]
    assert not {"connection", "content-length"} & {name.lower() for name in event["headers"]}
    assert (event["body"], event["isBase64Encoded"]) == ("hellö", False)
    context = event["requestContext"]
    assert context["requestId"] == answer.headers["x-amzn-requestid"]
    assert context["extendedRequestId"] == answer.headers["x-amz-apigw-id"]
    assert event["headers"]["X-Amzn-Trace-Id"] == answer.headers["x-amzn-trace-id"]
    assert (context["stage"], context["resourcePath"], context["path"]) == (
        "live",
        "/things/{action}",
        "/things/one%20two",
    )
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert uuid.UUID(context["requestId"])


def test_binary_bodies_travel_as_base64_where_the_api_says_so(plane: RunningDataPlane) -> None:
    answer = httpx2.post(f"{plane.url}/things/a", headers={"Content-Type": "image/png"}, content=b"\x89PNG")
    assert answer.json()["event"]["isBase64Encoded"] is True
    assert answer.json()["event"]["body"] == "iVBORw=="


@pytest.mark.parametrize(
    ("path", "resource", "parameters"),
    [
        ("/things/special", "/things/special", None),
        ("/things/special/", "/things/special", None),
        ("/things/other", "/things/{action}", {"action": "other"}),
        ("/files/a/b/c.txt", "/files/{path+}", {"path": "a/b/c.txt"}),
    ],
)
def test_routes(plane: RunningDataPlane, path: str, resource: str, parameters: dict[str, str] | None) -> None:
    event = get(plane, path).json()["event"]
    assert (event["resource"], event["pathParameters"]) == (resource, parameters)


@pytest.mark.parametrize("path", ["/nothing", "/things", "/files", "/things/a/b", "/"])
def test_an_unknown_route_has_the_deployed_gateway_response(plane: RunningDataPlane, path: str) -> None:
    answer = get(plane, path)
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["message"] == "Missing Authentication Token"
    assert error["type"] == "MISSING_AUTHENTICATION_TOKEN"
    assert error["request"] == answer.headers["x-request-id"] == answer.headers["x-amzn-requestid"]
    assert answer.headers["x-static"] == "fixed"
    assert answer.headers["x-amzn-errortype"] == "MissingAuthenticationTokenException"


def test_the_functions_headers_reach_the_client_and_forbidden_ones_are_renamed(plane: RunningDataPlane) -> None:
    answer = get(plane, "/things/headers")
    assert (answer.status_code, answer.text) == (418, "teapot")
    assert answer.headers["x-one"] == "1"
    assert answer.headers.get_list("x-many") == ["a", "b"]
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Basic"
    assert "transfer-encoding" not in answer.headers


@pytest.mark.parametrize("action", ["raise", "exit", "malformed"])
def test_a_failing_function_is_a_bad_gateway(plane: RunningDataPlane, action: str) -> None:
    answer = get(plane, f"/things/{action}")
    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == "Internal server error"
    assert get(plane, "/things/fine").status_code == 200


def test_a_function_that_does_not_start_is_a_bad_gateway_and_its_reason_is_in_the_health(
    plane: RunningDataPlane,
) -> None:
    assert get(plane, "/broken").status_code == 502
    health = plane.health()
    assert health["ready"] is False
    assert "no_such_package" in health["functions"]["gateway-broken"]["reason"]


def test_the_integrations_timeout(plane: RunningDataPlane) -> None:
    answer = get(plane, "/slow/sleep")
    assert answer.status_code == 504
    assert answer.json()["error"]["type"] == "INTEGRATION_TIMEOUT"
    assert answer.json()["error"]["message"] == "Endpoint request timed out"


def test_preflight_requests_are_answered_by_the_mock(plane: RunningDataPlane) -> None:
    answer = httpx2.options(f"{plane.url}/things")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET,POST"


@pytest.mark.parametrize("size", [70_000, 200_000], ids=["Lambda's limit", "API Gateway's limit"])
def test_a_request_that_is_too_large(plane: RunningDataPlane, size: int) -> None:
    answer = httpx2.post(f"{plane.url}/things/a", content=b"x" * size)
    assert answer.status_code == 413
    assert answer.json() == {"message": "Request Too Long"}
    assert answer.headers["x-amzn-errortype"] == "RequestTooLargeException"


def test_a_chunked_request_that_is_too_large(plane: RunningDataPlane) -> None:
    answer = httpx2.post(f"{plane.url}/things/a", content=(b"x" * 10_000 for _ in range(30)))
    assert answer.status_code == 413


def test_a_client_that_waits_for_permission_to_send_gets_it(plane: RunningDataPlane) -> None:
    with socket.create_connection(("127.0.0.1", plane.plane.api_port), timeout=5) as client:
        client.sendall(b"POST /things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100")
        client.sendall(b"hi")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("key", [None, "unknown", "stray-key-012345678901234"])
def test_a_key_must_be_in_a_plan_of_the_stage(plane: RunningDataPlane, key: str | None) -> None:
    answer = get(plane, "/keyed", **({"x-api-key": key} if key else {}))
    assert answer.status_code == 403
    assert answer.json() == {"message": "Forbidden"}
    assert answer.headers["x-amzn-errortype"] == "ForbiddenException"


def test_a_good_key_is_shown_to_the_function(plane: RunningDataPlane) -> None:
    identity = get(plane, "/keyed", **{"x-api-key": "free-key-0123456789012345"}).json()["event"]["requestContext"][
        "identity"
    ]
    assert identity["apiKey"] == "free-key-0123456789012345"
    assert identity["apiKeyId"]


def test_a_plans_throttle(plane: RunningDataPlane) -> None:
    answers = [get(plane, "/throttled", **{"x-api-key": "slow-key-0123456789012345"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json() == {"message": "Too Many Requests"}
    assert answers[2].headers["x-amzn-errortype"] == "TooManyRequestsException"


def test_a_plans_quota(plane: RunningDataPlane) -> None:
    answers = [get(plane, "/metered", **{"x-api-key": "quota-key-012345678901234"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json() == {"message": "Limit Exceeded"}
    assert answers[3].headers["x-amzn-errortype"] == "LimitExceededException"


def test_a_stages_throttle_and_a_keys_state_take_effect_without_a_deployment(plane: RunningDataPlane, aws: Aws) -> None:
    keys = {key["name"]: key["id"] for key in aws.apigateway.get_api_keys()["items"]}
    switch = [{"op": "replace", "path": "/enabled", "value": "false"}]
    aws.apigateway.update_api_key(apiKey=keys["free-key-0123456789012345"], patchOperations=switch)

    def refused() -> bool:
        return get(plane, "/keyed", **{"x-api-key": "free-key-0123456789012345"}).status_code == 403

    wait_until(refused, 2.5, "the refusal of a disabled key")
    api_id = plane.health()["apis"]["gateway"]["id"]
    limits = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "0"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "0"},
    ]
    aws.apigateway.update_stage(restApiId=api_id, stageName="live", patchOperations=limits)
    plane.reload()
    try:
        assert get(plane, "/things/a").status_code == 429
    finally:
        for change in limits:
            change["value"] = "1000"
        aws.apigateway.update_stage(restApiId=api_id, stageName="live", patchOperations=limits)
        plane.reload()


def test_management_is_not_in_the_apis_paths(plane: RunningDataPlane) -> None:
    assert get(plane, "/_local/health").status_code == 404
    port = plane.plane.management_port
    assert httpx2.get(f"http://127.0.0.1:{port}/things/a").status_code == 404
    assert json.loads(httpx2.get(f"http://127.0.0.1:{port}/_local/health").text)["apis"]["gateway"]["stage"] == "live"
