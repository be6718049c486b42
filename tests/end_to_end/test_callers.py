"""Each way to call a deployment, through the real front: signed, with an issuer's token, through a VPC endpoint.

Three deployments share one emulated AWS and one model server; each has a data plane of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa
from local_aws.extensions.description import describe_api
from local_aws.guardian import Guardian
from local_aws.ports import free_port
from local_aws.server import Server
from local_aws_testing.data_plane import wait_until

from falconry import settings
from falconry.catalog import samples
from falconry.settings import MAX_STOP_SEQUENCES
from tests.infrastructure.matrix import SMALL, synthesize
from tests.issuer_support import Issuer, issuer

from .command import as_json, describe, falconry
from .control_plane import ACCOUNT, REGION, CloudFormation, client, control_plane

APP = f"arn:aws:iam::{ACCOUNT}:role/app"
VPC_ENDPOINT = "vpce-0123456789abcdef0"
SAMPLE = max((sample for sample in samples() if sample.kind == "chat"), key=lambda sample: len(sample.answer))
BODY = json.dumps(
    {
        "model": "falcon-7b-instruct",
        "messages": [dict(message) for message in SAMPLE.messages],
        "max_tokens": SAMPLE.parameters["max_new_tokens"],
        "stop": SAMPLE.parameters.get("stop"),
        "temperature": 0,
        "stream": True,
    }
).encode()

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deployments:
    """The URLs of the deployments' chat completions, and what their callers have. `folder` holds the configs."""

    folder: Path
    urls: Mapping[str, str]
    aws_url: str
    issuer: Issuer

    def signed(self, role: str = APP, service: str = "execute-api") -> Headers:
        """Headers of a request that a role signed, with temporary credentials as SDKs have them."""
        given = client(self.aws_url, "sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        request = AWSRequest("POST", self.urls["iam"], data=BODY, headers={"Content-Type": "application/json"})
        SigV4Auth(credentials, service, REGION).add_auth(request)
        return dict(request.headers)

    def with_token(self, token: str) -> Headers:
        return {"Authorization": f"Bearer {token}"}

    def with_key(self, vpc_endpoint: str | None) -> Headers:
        """Headers of a request with the private deployment's key that comes through a VPC endpoint."""
        parameter = client(self.aws_url, "ssm").get_parameter(Name="/falconry/private/api/clients/default/key-id")
        key = client(self.aws_url, "apigateway").get_api_key(apiKey=parameter["Parameter"]["Value"], includeValue=True)
        return {"Authorization": f"Bearer {key['value']}", **through(vpc_endpoint)}


def through(vpc_endpoint: str | None) -> Headers:
    """What stands for the VPC endpoint that a request comes through."""
    return {} if vpc_endpoint is None else {"x-local-vpc-endpoint": vpc_endpoint}


@pytest.fixture(scope="module")
def deployments(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployments]:
    folder = tmp_path_factory.mktemp("callers")
    with ExitStack() as running:
        provider = running.enter_context(issuer(folder))
        aws_url = running.enter_context(control_plane(folder / "control-plane.log"))
        model_server_url = running.enter_context(model_server(folder / "model-server.log"))
        configs = {
            "iam": f"  auth: iam\n  iam: {{principals: ['{APP}']}}\n",
            "jwt": f"  auth: jwt\n  jwt: {{issuer: '{provider.url}', audience: [falcon]}}\n",
            "private": f"  access: private\n  vpc_endpoint_ids: [{VPC_ENDPOINT}]\n  playground: true\n",
        }
        cloudformation = CloudFormation(aws_url)
        cloudformation.prepare()
        for name, api in configs.items():
            cloudformation.deploy(synthesize(name, f"{SMALL}api:\n{api}", folder), name)
        trust(aws_url, "falconry-jwt-authorizer", provider.certificate)
        planes = {
            name: running.enter_context(data_plane(aws_url, model_server_url, name, folder / f"state-{name}"))
            for name in configs
        }
        urls = {name: f"{url()}/v1/chat/completions" for name, url in planes.items()}
        yield Deployments(folder, urls, aws_url, provider)


@contextmanager
def server(module: str, *arguments: str, log_file: Path, **environment: str) -> Iterator[Server]:
    """A server of the emulated AWS that ends with the context."""
    guardian = Guardian()
    guardian.start()
    running = Server(module, module, *arguments, environment=environment, log_file=log_file, guardian=guardian)
    try:
        yield running
    finally:
        running.stop()
        guardian.stop()


@contextmanager
def model_server(log_file: Path) -> Iterator[str]:
    """The URL of a model server that answers for every endpoint, with the stops that a deployment allows."""
    port = free_port()
    stops = str(MAX_STOP_SEQUENCES)
    with server("local_aws.model_server", "--port", str(port), log_file=log_file, MAX_STOP_SEQUENCES=stops):
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: get(f"{url}/health"), 30, "the model server")
        yield url


@contextmanager
def data_plane(aws_url: str, model_server_url: str, name: str, state_dir: Path) -> Iterator[Callable[[], str]]:
    """Serves the API of a deployment; what is given waits until it does and tells its URL."""
    port, management_port = free_port(), free_port()
    arguments = [
        *("--port", str(port), "--management-port", str(management_port), "--state-dir", str(state_dir)),
        *("--aws-endpoint-url", aws_url, "--region", REGION, "--api-name", f"falconry-{name}"),
        *("--model-server-url", model_server_url, "--max-concurrency", "4"),
    ]

    def url() -> str:
        health = f"http://127.0.0.1:{management_port}/_local/health"
        wait_until(lambda: (get(health) or {}).get("ready"), 60, f"the data plane of {name}")
        return f"http://127.0.0.1:{port}"

    with server("local_aws.data_plane", *arguments, log_file=state_dir.with_suffix(".log")):
        yield url


def get(url: str) -> Any:
    """What is there, as JSON or True; None as long as nothing answers."""
    try:
        response = httpx2.get(url, timeout=5)
    except httpx2.HTTPError:
        return None
    return response.json() if response.content else response.status_code == 200


def trust(aws_url: str, function: str, certificate: Path) -> None:
    """Let a deployed function trust a certificate of the test's own, as an operator would: by its environment."""
    lambda_ = client(aws_url, "lambda")
    variables = lambda_.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    lambda_.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**variables, "SSL_CERT_FILE": str(certificate)}}
    )


def send(url: str, headers: Headers) -> tuple[httpx2.Response, list[tuple[float, bytes]]]:
    """The answer to the sample's request, and its pieces with the seconds after which they came."""
    started = time.monotonic()
    whole = {"Content-Type": "application/json", **headers}
    with httpx2.stream("POST", url, content=BODY, headers=whole, timeout=60) as response:
        return response, [(time.monotonic() - started, piece) for piece in response.iter_raw()]


def error(url: str, headers: Headers) -> tuple[int, str]:
    """Status and code of a refusal, which must have OpenAI's form."""
    response, pieces = send(url, headers)
    body: dict[str, Any] = json.loads(b"".join(piece for _, piece in pieces))
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["message"]
    return response.status_code, body["error"]["code"]


ADMITTED: dict[str, Callable[[Deployments], Headers]] = {
    "iam": lambda to: to.signed(),
    "jwt": lambda to: to.with_token(to.issuer.token()),
    "private": lambda to: to.with_key(VPC_ENDPOINT),
}


@pytest.mark.parametrize("name", ADMITTED)
def test_an_answer_streams_and_is_whole(deployments: Deployments, name: str) -> None:
    send(deployments.urls[name], ADMITTED[name](deployments))  # the first request finds everything cold
    # A busy machine may join the pieces of one answer, not of each; an answer that is held back never streams.
    assert any(streams(*send(deployments.urls[name], ADMITTED[name](deployments))) for _ in range(5))


def streams(response: httpx2.Response, pieces: list[tuple[float, bytes]]) -> bool:
    """Whether the answer, which has to be whole, came piece by piece."""
    events = b"".join(piece for _, piece in pieces).decode().split("\n\n")[:-1]
    deltas = [json.loads(event.removeprefix("data: "))["choices"][0]["delta"] for event in events[:-1]]

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events[-1] == "data: [DONE]"
    assert "".join(delta.get("content") or "" for delta in deltas) == SAMPLE.answer
    # Had it been held back, it would have come in one piece, or all of it in the last moments.
    return len(pieces) > len(deltas) / 2 > 50 and pieces[0][0] < 0.7 * pieces[-1][0]


REFUSED: dict[str, tuple[str, Callable[[Deployments], Headers], tuple[int, str]]] = {
    "not signed": ("iam", lambda _: {}, (403, "missing_signature")),
    "signed by another role": ("iam", lambda to: to.signed(APP.replace("app", "intruder")), (403, "access_denied")),
    "signed for another service": ("iam", lambda to: to.signed(service="sagemaker"), (401, "invalid_signature")),
    "no token": ("jwt", lambda _: {}, (401, "invalid_token")),
    "an expired token": ("jwt", lambda to: to.with_token(to.issuer.token({"exp": 1})), (401, "invalid_token")),
    "a token for another audience": (
        "jwt",
        lambda to: to.with_token(to.issuer.token({"aud": "payroll"})),
        (401, "invalid_token"),
    ),
    "a token of another issuer": (
        "jwt",
        lambda to: to.with_token(to.issuer.token({"iss": "https://elsewhere.example.com"})),
        (401, "invalid_token"),
    ),
    "a token that another key signed": (
        "jwt",
        lambda to: to.with_token(to.issuer.token(key=rsa.generate_private_key(public_exponent=65537, key_size=2048))),
        (401, "invalid_token"),
    ),
    "from the internet": ("private", lambda to: to.with_key(None), (403, "access_denied")),
    "through another VPC endpoint": (
        "private",
        lambda to: to.with_key("vpce-99999999999999999"),
        (403, "access_denied"),
    ),
    "through the VPC endpoint, without a key": ("private", lambda _: through(VPC_ENDPOINT), (401, "missing_api_key")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_others_are_refused_in_openais_form(deployments: Deployments, what: str) -> None:
    name, headers, refusal = REFUSED[what]

    assert error(deployments.urls[name], headers(deployments)) == refusal


@pytest.mark.parametrize("name", ADMITTED)
def test_the_command_is_let_in_too(deployments: Deployments, name: str, tmp_path: Path) -> None:
    config = deployments.folder / f"{name}.yaml"
    url = deployments.urls[name].removesuffix("/v1/chat/completions")
    described = describe_api(settings.load(config), url, deployments.aws_url)
    local_file = describe(tmp_path, **described, config=str(config))
    token = ["--token", deployments.issuer.token()] if name == "jwt" else []

    told = as_json(local_file, "chat", "--local", "--set", "temperature=0", *token, "Hello!")
    report = as_json(local_file, "smoke", "--local", "--quick", *token)

    assert told["text"] == "Hello! How can I help you today?"
    assert report["passed"]


def test_the_command_says_that_a_token_is_needed(deployments: Deployments, tmp_path: Path) -> None:
    config = deployments.folder / "jwt.yaml"
    local_file = describe(
        tmp_path, **describe_api(settings.load(config), "http://x", deployments.aws_url), config=str(config)
    )
    result = falconry(local_file, "chat", "--local", "Hello!")

    assert result.returncode == 1
    assert f"this API requires a token from {deployments.issuer.url}. Set --token or FALCONRY_TOKEN." in result.stderr


def test_a_private_apis_page_comes_through_its_endpoint_only(deployments: Deployments) -> None:
    url = deployments.urls["private"].removesuffix("/v1/chat/completions")
    described = describe_api(settings.load(deployments.folder / "private.yaml"), url, deployments.aws_url)

    assert httpx2.get(described["playground"]).status_code == 403
    assert httpx2.get(described["playground"], headers=described["headers"]).status_code == 200
