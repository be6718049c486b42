"""The keys that an issuer signs with, from its JSON Web Key Set (OpenID Connect Discovery 1.0; RFC 7517)."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO

from authorizer.encoding import decode_base64url
from authorizer.rs256 import PublicKey

REFRESH_SECONDS = 3600.0
"""A key that the issuer withdrew is forgotten after this time."""
RETRY_SECONDS = 60.0
"""An unknown key id makes us ask the issuer again at most this often: anyone can make up a key id."""
TIMEOUT_SECONDS = 1.5
MAXIMUM_BYTES = 256 * 1024

Fetch = Callable[[str], bytes]
"""Gets a URL. Raises OSError or HTTPException."""


class IssuerUnavailableError(Exception):
    """The issuer's keys could not be read; nothing is known about the token."""


class IssuerKeys:
    """The keys of one issuer by their ids, fetched when they are first needed."""

    def __init__(self, issuer: str, *, fetch: Fetch | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._fetch = fetch or fetch_https
        self._clock = clock
        self._keys: dict[str, PublicKey] = {}
        self._fetched: float | None = None
        self._tried: float | None = None

    def get(self, key_id: str) -> PublicKey | None:
        """The key, or None if the issuer has none. Raises IssuerUnavailableError if no keys are known at all."""
        now = self._clock()
        old = self._fetched is None or now - self._fetched >= REFRESH_SECONDS
        waited = self._tried is None or now - self._tried >= RETRY_SECONDS
        if waited and (old or key_id not in self._keys):
            self._tried = now
            try:
                self._keys = self._read()
                self._fetched = now
            except (OSError, HTTPException, ValueError) as error:
                # Known keys stay valid: an issuer that is down for a while has not withdrawn them.
                print(json.dumps({"level": "ERROR", "message": "the issuer's keys could not be read",
                                  "issuer": self._issuer, "reason": str(error)}), flush=True)  # fmt: skip
        if self._fetched is None:
            raise IssuerUnavailableError(f"the keys of {self._issuer} could not be read")
        return self._keys.get(key_id)

    def _read(self) -> dict[str, PublicKey]:
        discovery = _object(self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"))
        if discovery.get("issuer") != self._issuer:
            raise ValueError(f"its discovery document is about the issuer {discovery.get('issuer')!r}")
        keys = _object(self._fetch(str(discovery.get("jwks_uri")))).get("keys")
        found = {}
        for key in keys if isinstance(keys, list) else []:
            if isinstance(key, dict) and _signs_rs256(key):
                try:
                    found[str(key["kid"])] = PublicKey(_number(key.get("n")), _number(key.get("e")))
                except ValueError as error:
                    print(json.dumps({"level": "WARNING", "message": "key left out", "kid": str(key["kid"]),
                                      "reason": str(error)}), flush=True)  # fmt: skip
        if not found:
            raise ValueError("its key set has no RSA key for RS256 that has a kid")
        return found


def _signs_rs256(key: Mapping[str, object]) -> bool:
    return (
        key.get("kty") == "RSA"
        and isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") == "RS256"
    )


def _number(value: object) -> int:
    return int.from_bytes(decode_base64url(str(value)))


def _object(body: bytes) -> dict[str, object]:
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead away from https or from the issuer."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def fetch_https(url: str) -> bytes:
    """The body behind an https URL, without following redirects. Raises OSError, HTTPException or ValueError."""
    if not url.startswith("https://"):
        raise ValueError(f"{url!r} is not an https URL")
    with urllib.request.build_opener(_NoRedirect).open(url, timeout=TIMEOUT_SECONDS) as response:
        body: bytes = response.read(MAXIMUM_BYTES + 1)
    if len(body) > MAXIMUM_BYTES:
        raise ValueError(f"{url} gave more than {MAXIMUM_BYTES} bytes")
    return body
