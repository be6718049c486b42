"""The JWT authorizer as Lambda runs it, behind a TOKEN authorizer: an issuer with TLS, and an answer that streams."""

import base64
import datetime
import io
import ipaddress
import json
import ssl
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from tests.contract.data_plane_support import PROJECT, RunningDataPlane, data_plane, shared_aws

WRAPPED = {"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}}
FORM = r"^[Bb]earer +[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"  # as constructs_lib.jwt_authorizer has it
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(**claims: object) -> str:
    header = encode(json.dumps({"alg": "RS256", "kid": "one"}).encode())
    start = f"{header}.{encode(json.dumps(claims).encode())}"
    return f"{start}.{encode(KEY.sign(start.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    path = folder / "issuer.pem"
    key = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key)
    return path


class Issuer(BaseHTTPRequestHandler):
    """Answers with the discovery document and the keys."""

    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        address = f"https://127.0.0.1:{self.server.server_port}"
        numbers = KEY.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "one", "n": encode(numbers.n.to_bytes(256)), "e": encode(numbers.e.to_bytes(3))}
        answer = {"issuer": address, "jwks_uri": f"{address}/keys"} if "known" in self.path else {"keys": [key]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Its address, and the file with its certificate."""
    pem = certificate(tmp_path_factory.mktemp("issuer"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}", pem
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory, issuer: tuple[str, Path]) -> Iterator[RunningDataPlane]:
    aws = shared_aws()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for source in sorted((PROJECT / "lambda_src" / "authorizer").glob("*.py")):
            archive.write(source, f"authorizer/{source.name}")
    variables = {
        "FALCONRY_JWT_ISSUER": issuer[0],
        "FALCONRY_JWT_AUDIENCE": '["falcon"]',
        # What makes the test's own certificate count.
        "SSL_CERT_FILE": str(issuer[1]),
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


def headers(issuer: tuple[str, Path], **changes: object) -> dict[str, str]:
    claims = {"iss": issuer[0], "aud": "falcon", "azp": "web", "exp": time.time() + 60}
    return {"Authorization": f"Bearer {token(**(claims | changes))}"}


def test_a_token_opens_a_stream(plane: RunningDataPlane, issuer: tuple[str, Path]) -> None:
    with httpx2.stream("GET", f"{plane.url}/stream/count", headers=headers(issuer), timeout=10) as answer:
        chunks = list(answer.iter_raw())

    assert answer.status_code == 201
    assert len(chunks) >= 5


def test_the_function_learns_the_tokens_client(plane: RunningDataPlane, issuer: tuple[str, Path]) -> None:
    answer = httpx2.get(f"{plane.url}/event", headers=headers(issuer), timeout=10)

    assert answer.json()["event"]["requestContext"]["authorizer"]["client"] == "web"


@pytest.mark.parametrize("change", [{"aud": "another"}, {"exp": 1}, {"iss": "https://elsewhere.example.com"}])
def test_other_tokens_are_unauthorized(
    plane: RunningDataPlane, issuer: tuple[str, Path], change: dict[str, object]
) -> None:
    answer = httpx2.get(f"{plane.url}/event", headers=headers(issuer, **change), timeout=10)

    assert answer.status_code == 401


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer an-api-key"}])
def test_what_is_no_token_is_unauthorized(plane: RunningDataPlane, given: dict[str, str]) -> None:
    assert httpx2.get(f"{plane.url}/event", headers=given, timeout=10).status_code == 401
