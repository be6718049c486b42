"""The JWT authorizer as Lambda runs it, behind a TOKEN authorizer: an issuer with TLS, and an answer that streams."""

import io
import zipfile
from collections.abc import Iterator

import httpx2
import pytest
from local_aws_testing.data_plane import PROJECT, RunningDataPlane, data_plane, shared_aws

from tests.issuer_support import Issuer
from tests.issuer_support import issuer as running_issuer

WRAPPED = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
FORM = r"^[Bb]earer +[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"  # as constructs_lib.api.jwt_authorizer has it


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with running_issuer(tmp_path_factory.mktemp("issuer")) as running:
        yield running


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[RunningDataPlane]:
    aws = shared_aws()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for source in sorted((PROJECT / "lambda_src" / "authorizer").glob("*.py")):
            archive.write(source, f"authorizer/{source.name}")
    variables = {
        "FALCONRY_JWT_ISSUER": issuer.url,
        "FALCONRY_JWT_AUDIENCE": '["falcon"]',
        # What makes the test's own certificate count.
        "SSL_CERT_FILE": str(issuer.certificate),
    }
    function = aws.lambda_.create_function(
        FunctionName="tokens-authorizer",
        Runtime="python3.13",
        Role=aws.role,
        Handler="authorizer.jwt_handler.handler",
        Code=aws.put_code("authorizer.zip", package.getvalue()),
        Timeout=10,
        Environment={"Variables": variables},
    )["FunctionArn"]
    api = aws.create_api("tokens")
    by_token = api.authorizer(
        "token", "TOKEN", function, identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=300,
    )  # fmt: skip
    expression = {"op": "replace", "path": "/identityValidationExpression", "value": FORM}
    aws.apigateway.update_authorizer(
        restApiId=api.id, authorizerId=by_token["authorizerId"], patchOperations=[expression]
    )
    streaming = aws.create_function("tokens-loop", "streaming_loop.handler", Environment=WRAPPED)
    api.method("GET /stream/{action}", streaming, streaming=True, **by_token)
    api.method("GET /event", aws.create_function("tokens-buffered", "buffered.handler"), **by_token)
    api.deploy()
    with data_plane(aws, tmp_path_factory.mktemp("tokens"), api_name="tokens") as running:
        yield running.wait_ready()


def headers(issuer: Issuer, **changes: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(changes)}"}


def test_a_token_opens_a_stream(plane: RunningDataPlane, issuer: Issuer) -> None:
    with httpx2.stream("GET", f"{plane.url}/stream/count", headers=headers(issuer), timeout=10) as answer:
        chunks = list(answer.iter_raw())

    assert answer.status_code == 201
    assert len(chunks) >= 5


def test_the_function_learns_the_tokens_client(plane: RunningDataPlane, issuer: Issuer) -> None:
    answer = httpx2.get(f"{plane.url}/event", headers=headers(issuer), timeout=10)

    assert answer.json()["event"]["requestContext"]["authorizer"]["client"] == "web"


@pytest.mark.parametrize("change", [{"aud": "another"}, {"exp": 1}, {"iss": "https://elsewhere.example.com"}])
def test_other_tokens_are_unauthorized(plane: RunningDataPlane, issuer: Issuer, change: dict[str, object]) -> None:
    answer = httpx2.get(f"{plane.url}/event", headers=headers(issuer, **change), timeout=10)

    assert answer.status_code == 401


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer an-api-key"}])
def test_what_is_no_token_is_unauthorized(plane: RunningDataPlane, given: dict[str, str]) -> None:
    assert httpx2.get(f"{plane.url}/event", headers=given, timeout=10).status_code == 401
