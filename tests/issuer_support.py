"""An identity provider for tests: a TLS server on this machine that publishes keys, and tokens that they sign."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
"""Signs the tokens, and the server's certificate."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """A running provider: the `iss` of its tokens, and the file with the certificate that its clients must trust."""

    url: str
    certificate: Path

    def token(self, changes: Mapping[str, object] | None = None, *, key: rsa.RSAPrivateKey = KEY) -> str:
        """A token for the audience `falcon` that is good for a minute, with some claims or the signature changed."""
        claims = {"iss": self.url, "aud": "falcon", "azp": "web", "exp": time.time() + 60, **(changes or {})}
        header = _encode(json.dumps({"alg": "RS256", "kid": "one"}).encode())
        start = f"{header}.{_encode(json.dumps(claims).encode())}"
        return f"{start}.{_encode(key.sign(start.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def issuer(folder: Path) -> Iterator[Issuer]:
    """An issuer on a free port of 127.0.0.1; its certificate is written into `folder`."""
    pem = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Documents)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Issuer(f"https://127.0.0.1:{server.server_port}", pem)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Documents(BaseHTTPRequestHandler):
    """Answers with the discovery document and the keys."""

    server: ThreadingHTTPServer

    def do_GET(self) -> None:
        address = f"https://127.0.0.1:{self.server.server_port}"
        numbers = KEY.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "one", "n": _encode(numbers.n.to_bytes(256)), "e": _encode(numbers.e.to_bytes(3))}
        answer = {"issuer": address, "jwks_uri": f"{address}/keys"} if "known" in self.path else {"keys": [key]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _certificate(folder: Path) -> Path:
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


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
