"""Lambda authorizers on the data plane, and keys that an authorizer hands to API Gateway."""

from collections.abc import Iterator

import httpx2
import pytest
from local_aws_testing.data_plane import RunningDataPlane, data_plane, shared_aws

KEY = "authorized-key-01234567890"


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    aws = shared_aws()
    api = aws.create_api("guarded", apiKeySource="AUTHORIZER")
    function = aws.create_function("guarded-buffered", "buffered.handler")
    authorizer = aws.create_function("guarded-authorizer", "authorizer.handler")
    header = "method.request.header.Authorization"
    request = api.authorizer("request", "REQUEST", authorizer, authorizerResultTtlInSeconds=0)
    cached = api.authorizer("cached", "REQUEST", authorizer, authorizerResultTtlInSeconds=60, identitySource=header)
    token = api.authorizer(
        "token",
        "TOKEN",
        authorizer,
        authorizerResultTtlInSeconds=0,
        identitySource=header,
    )
    # moto drops the expression at the creation.
    expression = {"op": "replace", "path": "/identityValidationExpression", "value": "[A-Za-z:0-9-]+"}
    aws.apigateway.update_authorizer(restApiId=api.id, authorizerId=token["authorizerId"], patchOperations=[expression])
    missing = api.authorizer("missing", "REQUEST", authorizer + "-that-is-not-there", authorizerResultTtlInSeconds=0)
    api.method("GET /request", function, **request)
    api.method("GET /cached/{part}", function, **cached)
    api.method("GET /token", function, **token)
    api.method("GET /missing", function, **missing)
    api.method("GET /keyed", function, apiKeyRequired=True, **request)
    api.gateway_response(
        "UNAUTHORIZED", responseTemplates={"application/json": '{"error":$context.error.messageString}'}
    )
    api.deploy()
    api.plan("guarded", KEY)
    with data_plane(aws, tmp_path_factory.mktemp("guarded"), api_name="guarded") as running:
        while running.reload()["functions"]["guarded-authorizer"]["state"] != "ready":
            pass
        yield running


def get(plane: RunningDataPlane, path: str, token: str | None = None) -> httpx2.Response:
    headers = {"Authorization": token} if token is not None else {}
    return httpx2.get(plane.url + path, headers=headers, timeout=10)


def test_an_allowed_request_shows_the_authorizers_context_to_the_function(plane: RunningDataPlane) -> None:
    answer = get(plane, "/request", "Bearer anybody")
    authorizer = answer.json()["event"]["requestContext"]["authorizer"]
    assert answer.status_code == 200
    assert (authorizer["principalId"], authorizer["number"]) == ("user", "7")
    assert isinstance(authorizer["integrationLatency"], int)


@pytest.mark.parametrize("token", [None, "Bearer refuse"])
def test_unauthorized(plane: RunningDataPlane, token: str | None) -> None:
    answer = get(plane, "/request", token)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Unauthorized"}
    assert answer.headers["x-amzn-errortype"] == "UnauthorizedException"


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("Bearer Deny", "User is not authorized to access this resource with an explicit deny"),
        ("Bearer Elsewhere", "User is not authorized to access this resource"),
    ],
)
def test_denied(plane: RunningDataPlane, token: str, message: str) -> None:
    answer = get(plane, "/request", token)
    assert answer.status_code == 403
    assert answer.json() == {"message": message}


@pytest.mark.parametrize("token", ["Bearer crash", "Bearer nonsense"])
def test_a_broken_authorizer_is_the_services_error(plane: RunningDataPlane, token: str) -> None:
    answer = get(plane, "/request", token)
    assert answer.status_code == 500
    assert answer.json() == {"message": None}
    assert answer.headers["x-amzn-errortype"] == "AuthorizerConfigurationException"


def test_an_authorizer_that_does_not_exist(plane: RunningDataPlane) -> None:
    assert get(plane, "/missing", "Bearer anybody").status_code == 500


def test_results_are_remembered_for_their_identity_and_only_there(plane: RunningDataPlane) -> None:
    def called_at(path: str, token: str) -> str:
        return str(get(plane, path, token).json()["event"]["requestContext"]["authorizer"]["time"])

    assert called_at("/cached/a", "Bearer one") == called_at("/cached/b", "Bearer one")
    assert called_at("/cached/a", "Bearer one") != called_at("/cached/a", "Bearer two")
    assert called_at("/request", "Bearer one") != called_at("/request", "Bearer one")
    # A remembered policy is evaluated anew for each method.
    assert [get(plane, f"/cached/{part}", "Bearer Deny").status_code for part in "ab"] == [403, 200]


def test_a_missing_identity_source_is_unauthorized_without_a_call(plane: RunningDataPlane) -> None:
    assert get(plane, "/cached/a").status_code == 401
    assert get(plane, "/token").status_code == 401


def test_a_token_authorizer(plane: RunningDataPlane) -> None:
    assert get(plane, "/token", "anybody").status_code == 200
    assert get(plane, "/token", "!").status_code == 401


def test_the_authorizer_names_the_key_that_api_gateway_checks(plane: RunningDataPlane) -> None:
    answer = get(plane, "/keyed", f"Bearer key:{KEY}")
    assert answer.json()["event"]["requestContext"]["identity"]["apiKey"] == KEY
    for token in ("Bearer anybody", "Bearer key:unknown"):
        assert get(plane, "/keyed", token).status_code == 403
    # The header is not looked at where the authorizer is the source.
    refused = httpx2.get(f"{plane.url}/keyed", headers={"Authorization": "Bearer anybody", "x-api-key": KEY})
    assert refused.json() == {"message": "Forbidden"}
