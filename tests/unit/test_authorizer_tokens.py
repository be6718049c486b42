"""Which tokens the JWT authorizer lets in. The tokens are signed by another implementation of RSA."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from authorizer import jwt_handler
from authorizer.issuer_keys import REFRESH_SECONDS, RETRY_SECONDS, IssuerKeys, IssuerUnavailableError, fetch_https
from authorizer.rs256 import PublicKey
from authorizer.tokens import InvalidTokenError, Tokens, client_of
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ISSUER = "https://id.example.com/tenant"
NOW = 1_800_000_000.0
ARN = "arn:aws:execute-api:us-east-1:123456789012:abc123/live/POST/v1/chat/completions"
CLAIMS = {"iss": ISSUER, "aud": "falcon", "sub": "somebody", "azp": "app", "exp": NOW + 600}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encode(value: bytes | Mapping[str, object]) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8))


def published(key: rsa.RSAPrivateKey, kid: str, **changes: object) -> dict[str, object]:
    public = key.public_key().public_numbers()
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": number(public.n), "e": number(public.e)} | (
        changes
    )


def signed(claims: Mapping[str, object], key: rsa.RSAPrivateKey = KEY, **header: Any) -> str:
    start = f"{encode({'alg': 'RS256', 'typ': 'JWT', 'kid': 'one', **header})}.{encode(claims)}"
    return f"{start}.{encode(key.sign(start.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


class Issuer:
    """Stands in for the issuer's web server and for time."""

    def __init__(self) -> None:
        self.keys = [published(KEY, "one")]
        self.fetched: list[str] = []
        self.down = False
        self.discovery: dict[str, object] = {"issuer": ISSUER, "jwks_uri": "https://id.example.com/keys"}
        self.time = 0.0

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if self.down:
            raise OSError("the issuer is down")
        return json.dumps(self.discovery if url.endswith("configuration") else {"keys": self.keys}).encode()

    def known(self) -> IssuerKeys:
        return IssuerKeys(ISSUER, fetch=self.fetch, clock=lambda: self.time)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    return Tokens(ISSUER, ["falcon", "batch"], issuer.known(), now=lambda: NOW)


@pytest.mark.parametrize(
    "claims",
    [
        CLAIMS,
        CLAIMS | {"aud": ["another", "batch"]},
        {"iss": ISSUER, "client_id": "falcon", "sub": "x", "exp": NOW + 1},
        CLAIMS | {"exp": NOW - 29, "nbf": NOW + 29},
    ],
)
def test_a_good_token_is_let_in(tokens: Tokens, claims: dict[str, object]) -> None:
    assert tokens.verify(signed(claims)) == claims


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        (CLAIMS | {"iss": ISSUER + "/"}, "another issuer's"),
        (CLAIMS | {"iss": None}, "another issuer's"),
        (CLAIMS | {"aud": "elsewhere"}, "another audience"),
        (CLAIMS | {"aud": []}, "another audience"),
        (CLAIMS | {"aud": "elsewhere", "client_id": "falcon"}, "another audience"),
        ({"iss": ISSUER, "exp": NOW + 1}, "another audience"),
        (CLAIMS | {"exp": NOW - 31}, "expired"),
        (CLAIMS | {"exp": None}, "never expires"),
        (CLAIMS | {"exp": "tomorrow"}, "not a number"),
        (CLAIMS | {"exp": True}, "not a number"),
        (CLAIMS | {"nbf": NOW + 60}, "not valid yet"),
    ],
)
def test_claims_that_do_not_fit_are_refused(tokens: Tokens, claims: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidTokenError, match=reason):
        tokens.verify(signed(claims))


def test_the_token_does_not_choose_the_algorithm(tokens: Tokens) -> None:
    unsigned = f"{encode({'alg': 'none', 'kid': 'one'})}.{encode(CLAIMS)}."
    start = f"{encode({'alg': 'HS256', 'kid': 'one'})}.{encode(CLAIMS)}"
    public = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    by_public_key = f"{start}.{encode(hmac.digest(public, start.encode(), hashlib.sha256))}"
    for token in (unsigned, by_public_key, signed(CLAIMS, alg="RS512"), signed(CLAIMS, alg="none")):
        with pytest.raises(InvalidTokenError, match=r"algorithm is|cannot be decoded"):
            tokens.verify(token)


def test_a_changed_token_is_refused(tokens: Tokens) -> None:
    header, _, signature = signed(CLAIMS).split(".")
    forged = f"{header}.{encode(CLAIMS | {'sub': 'administrator'})}.{signature}"
    for token in (forged, signed(CLAIMS, OTHER_KEY), f"{header}.{encode(CLAIMS)}.{signature[:-4]}"):
        with pytest.raises(InvalidTokenError, match="signature is not the issuer's"):
            tokens.verify(token)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.b.c.d", "..", "é.é.é", "W10.W10.W10", "x" * 9000])
def test_what_is_no_token_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(token)


@pytest.mark.parametrize("header", [{"kid": "two"}, {"kid": None}, {"kid": 1}, {"crit": ["exp"]}])
def test_an_unknown_key_or_extension_is_refused(tokens: Tokens, header: dict[str, Any]) -> None:
    with pytest.raises(InvalidTokenError):
        tokens.verify(signed(CLAIMS, **header))


def test_a_signature_with_bytes_after_its_digest_is_refused() -> None:
    # With exponent 3 anybody can take the cube root of a block that ends as they like (Bleichenbacher, 2006).
    message = b"forged"
    info = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(message).digest()
    modulus = OTHER_KEY.public_key().public_numbers().n
    start = b"\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\x00" + info
    block = int.from_bytes(start + b"\xff" * (256 - len(start)))
    low, high = 0, 1 << 1024
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**3 <= block else (low, middle)
    assert (low**3).to_bytes(256).startswith(start)

    assert not PublicKey(modulus, 3).verifies(message, low.to_bytes(256))


@pytest.mark.parametrize(
    ("modulus", "exponent"), [(1 << 1023, 65537), (1 << 9000, 65537), (1 << 2047, 1), (1 << 2047, 4)]
)
def test_a_weak_key_is_not_used(modulus: int, exponent: int) -> None:
    with pytest.raises(ValueError, match="an RSA"):
        PublicKey(modulus, exponent)


def test_keys_are_fetched_once(issuer: Issuer, tokens: Tokens) -> None:
    for _ in range(3):
        tokens.verify(signed(CLAIMS))

    assert issuer.fetched == [f"{ISSUER}/.well-known/openid-configuration", "https://id.example.com/keys"]


def test_a_new_key_is_found_and_an_unknown_one_does_not_flood_the_issuer(issuer: Issuer, tokens: Tokens) -> None:
    tokens.verify(signed(CLAIMS))
    issuer.keys.append(published(OTHER_KEY, "two"))
    issuer.time += RETRY_SECONDS
    tokens.verify(signed(CLAIMS, OTHER_KEY, kid="two"))
    before = len(issuer.fetched)
    for index in range(20):
        with pytest.raises(InvalidTokenError):
            tokens.verify(signed(CLAIMS, OTHER_KEY, kid=f"made-up-{index}"))

    assert len(issuer.fetched) == before


def test_a_withdrawn_key_is_forgotten(issuer: Issuer, tokens: Tokens) -> None:
    tokens.verify(signed(CLAIMS))
    issuer.keys = [published(OTHER_KEY, "two")]
    issuer.time += REFRESH_SECONDS

    with pytest.raises(InvalidTokenError, match="no key with its kid"):
        tokens.verify(signed(CLAIMS))


def test_known_keys_outlive_an_issuer_that_is_down(issuer: Issuer, tokens: Tokens) -> None:
    tokens.verify(signed(CLAIMS))
    issuer.down = True
    issuer.time += REFRESH_SECONDS

    assert tokens.verify(signed(CLAIMS))


def test_an_issuer_that_never_answered_is_no_fault_of_the_token(issuer: Issuer, tokens: Tokens) -> None:
    issuer.down = True

    with pytest.raises(IssuerUnavailableError):
        tokens.verify(signed(CLAIMS))


@pytest.mark.parametrize("change", [{"kty": "EC"}, {"use": "enc"}, {"alg": "RS512"}, {"n": "AQAB"}, {"n": "!"}])
def test_keys_for_other_purposes_are_not_used(issuer: Issuer, change: dict[str, object]) -> None:
    issuer.keys = [published(KEY, "one", **change), published(OTHER_KEY, "two")]
    keys = issuer.known()

    assert keys.get("one") is None
    assert keys.get("two") is not None


def test_the_discovery_document_must_be_the_issuers(issuer: Issuer) -> None:
    issuer.discovery["issuer"] = "https://elsewhere.example.com"

    with pytest.raises(IssuerUnavailableError):
        issuer.known().get("one")


@pytest.mark.parametrize("url", ["http://id.example.com/keys", "file:///etc/passwd", "None"])
def test_keys_come_over_https_only(url: str) -> None:
    with pytest.raises(ValueError, match="not an https URL"):
        fetch_https(url)


@pytest.mark.parametrize(
    ("claims", "client"),
    [({"client_id": "a", "azp": "b", "sub": "c"}, "a"), ({"azp": "b", "sub": "c"}, "b"), ({"sub": "c"}, "c")],
)
def test_the_client_is_named(claims: dict[str, object], client: str) -> None:
    assert client_of(claims) == client


@pytest.fixture
def authorize(monkeypatch: pytest.MonkeyPatch, tokens: Tokens) -> Any:
    monkeypatch.setattr(jwt_handler, "tokens", lambda: tokens)
    return lambda value: jwt_handler.handler({"type": "TOKEN", "methodArn": ARN, "authorizationToken": value}, None)


def test_the_policy_allows_the_stage_and_names_the_client(authorize: Any) -> None:
    answer = authorize(f"Bearer {signed(CLAIMS)}")

    assert answer["context"] == {"client": "app"}
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:abc123/live/*"
    assert statement["Effect"] == "Allow"


@pytest.mark.parametrize("value", ["", "Bearer", "Basic dXNlcjpwYXNz", "Bearer nonsense", signed(CLAIMS)])
def test_anything_else_is_unauthorized(authorize: Any, value: str) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(value)


def test_the_log_says_why_and_holds_no_token(authorize: Any, capsys: pytest.CaptureFixture[str]) -> None:
    token = signed(CLAIMS | {"exp": 1})
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        authorize(f"Bearer {token}")

    line = capsys.readouterr().out
    assert json.loads(line)["reason"] == "it has expired"
    assert not [part for part in token.split(".") if part in line]
