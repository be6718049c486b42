"""Signed requests, resource policies, private APIs and preflights on the data plane."""

import json
from collections.abc import Iterator

import httpx2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from local_aws_testing.data_plane import ACCOUNT, REGION, RunningDataPlane, data_plane, shared_aws

from constructs_lib.api.access_policy import access_policy

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
WRAPPED = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
ENDPOINT = "vpce-0123456789abcdef0"
ORIGINS = """#set($origin = $input.params().header.get("origin"))
#if(!$origin) #set($origin = $input.params().header.get("Origin")) #end
#if($origin == "https://a.example.com" || $origin == "https://b.example.com")
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end"""


@pytest.fixture(scope="module")
def credentials() -> dict[str, Credentials]:
    """Temporary credentials of two roles, and a key that nobody was given."""
    aws = shared_aws()
    found = {"unknown": Credentials("AKIAUNKNOWN", "secret")}
    for name in ("app", "intruder"):
        role = aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": []}))["Role"]
        given = aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="test")["Credentials"]
        found[name] = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return found


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    aws = shared_aws()
    policy = access_policy(principals=[ROLE], vpc_endpoint_ids=[ENDPOINT], preflight=True)
    api = aws.create_api(
        "private", policy=json.dumps(policy), endpointConfiguration={"types": ["PRIVATE"], "vpcEndpointIds": [ENDPOINT]}
    )
    api.method("GET /signed", aws.create_function("private-buffered", "buffered.handler"), authorizationType="AWS_IAM")
    streaming = aws.create_function("private-streaming", "streaming_loop.handler", Environment=WRAPPED)
    api.method("GET /stream/{action}", streaming, streaming=True, authorizationType="AWS_IAM")
    api.mock("OPTIONS /signed", "204", {"Access-Control-Max-Age": "60"})
    place = {"restApiId": api.id, "resourceId": api.resource("/signed"), "httpMethod": "OPTIONS"}
    aws.apigateway.put_integration_response(
        **place, statusCode="204", responseParameters={}, responseTemplates={"application/json": ORIGINS}
    )
    api.deploy()
    with data_plane(aws, tmp_path_factory.mktemp("private"), api_name="private") as running:
        yield running.wait_ready()


def signed(
    plane: RunningDataPlane, path: str, credentials: Credentials, service: str = "execute-api"
) -> dict[str, str]:
    """Headers of a signed GET that comes through the VPC endpoint."""
    request = AWSRequest("GET", plane.url + path)
    SigV4Auth(credentials, service, REGION).add_auth(request)
    return dict(request.headers) | {"x-local-vpc-endpoint": ENDPOINT}


def test_a_signed_request_of_a_named_role_is_answered(
    plane: RunningDataPlane, credentials: dict[str, Credentials]
) -> None:
    answer = httpx2.get(f"{plane.url}/signed", headers=signed(plane, "/signed", credentials["app"]), timeout=10)

    assert answer.status_code == 200
    identity = answer.json()["event"]["requestContext"]["identity"]
    assert identity["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/app/test"


def test_a_signed_request_is_streamed(plane: RunningDataPlane, credentials: dict[str, Credentials]) -> None:
    headers = signed(plane, "/stream/count", credentials["app"])
    with httpx2.stream("GET", f"{plane.url}/stream/count", headers=headers, timeout=10) as answer:
        chunks = list(answer.iter_raw())

    assert answer.status_code == 201
    assert len(chunks) >= 5


@pytest.mark.parametrize(
    ("who", "status", "error"),
    [("intruder", 403, "AccessDeniedException"), ("unknown", 403, "InvalidSignatureException")],
)
def test_others_are_refused(
    plane: RunningDataPlane, credentials: dict[str, Credentials], who: str, status: int, error: str
) -> None:
    answer = httpx2.get(f"{plane.url}/signed", headers=signed(plane, "/signed", credentials[who]), timeout=10)

    assert (answer.status_code, answer.headers["x-amzn-errortype"]) == (status, error)


def test_an_unsigned_request_lacks_its_token(plane: RunningDataPlane) -> None:
    answer = httpx2.get(f"{plane.url}/signed", headers={"x-local-vpc-endpoint": ENDPOINT}, timeout=10)

    assert answer.status_code == 403
    assert answer.json() == {"message": "Missing Authentication Token"}


@pytest.mark.parametrize(
    "change",
    [
        {"Authorization": "Bearer something"},
        {"X-Amz-Date": "20200101T000000Z"},
        {"X-Amz-Date": "today"},
    ],
)
def test_a_signature_that_is_not_well_formed_is_refused(
    plane: RunningDataPlane, credentials: dict[str, Credentials], change: dict[str, str]
) -> None:
    headers = signed(plane, "/signed", credentials["app"]) | change
    answer = httpx2.get(f"{plane.url}/signed", headers=headers, timeout=10)

    assert answer.headers["x-amzn-errortype"] == "InvalidSignatureException"


def test_a_signature_for_another_service_is_refused(
    plane: RunningDataPlane, credentials: dict[str, Credentials]
) -> None:
    headers = signed(plane, "/signed", credentials["app"], "sagemaker")
    answer = httpx2.get(f"{plane.url}/signed", headers=headers, timeout=10)

    assert "service execute-api" in answer.json()["message"]


@pytest.mark.parametrize("endpoint", [None, "vpce-99999999999999999"])
def test_a_private_api_is_reached_through_its_endpoint_only(
    plane: RunningDataPlane, credentials: dict[str, Credentials], endpoint: str | None
) -> None:
    headers = signed(plane, "/signed", credentials["app"])
    headers.pop("x-local-vpc-endpoint")
    headers |= {"x-local-vpc-endpoint": endpoint} if endpoint else {}
    answer = httpx2.get(f"{plane.url}/signed", headers=headers, timeout=10)

    assert answer.status_code == 403
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://b.example.com", "https://b.example.com"), ("https://c.example.com", None), (None, None)],
)
def test_a_preflight_needs_no_signature_and_gives_back_an_allowed_origin(
    plane: RunningDataPlane, origin: str | None, allowed: str | None
) -> None:
    headers = {"x-local-vpc-endpoint": ENDPOINT} | ({"Origin": origin} if origin else {})
    answer = httpx2.request("OPTIONS", f"{plane.url}/signed", headers=headers, timeout=10)

    assert answer.status_code == 204
    assert answer.headers.get("access-control-allow-origin") == allowed
