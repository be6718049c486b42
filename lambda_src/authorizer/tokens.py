"""JSON Web Tokens of one issuer: which are valid, and whose they are (RFC 7519, RFC 8725)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence

from authorizer.encoding import decode_base64url
from authorizer.issuer_keys import IssuerKeys

LEEWAY_SECONDS = 30
"""How far the issuer's clock may be off."""
MAXIMUM_LENGTH = 8192
"""Characters; API Gateway takes 10,240 bytes for all headers together."""


class InvalidTokenError(Exception):
    """The token is invalid; the message says why, for the log."""


class Tokens:
    """Verifies tokens: RS256 by a key of the issuer, for one of the audiences, in their time.

    Args:
        issuer: what `iss` must be, to the letter.
        audiences: one of them must be in `aud`, or be `client_id` where there is no `aud`.
        keys: the issuer's.
        now: seconds since the epoch.
    """

    def __init__(
        self, issuer: str, audiences: Sequence[str], keys: IssuerKeys, *, now: Callable[[], float] = time.time
    ) -> None:
        self._issuer = issuer
        self._audiences = frozenset(audiences)
        self._keys = keys
        self._now = now

    def verify(self, token: str) -> Mapping[str, object]:
        """The token's claims. Raises InvalidTokenError, or IssuerUnavailableError if it cannot be verified."""
        parts = token.split(".")
        if len(token) > MAXIMUM_LENGTH or len(parts) != 3:
            raise InvalidTokenError("not a signed JSON Web Token")
        try:
            header, signature = _object(parts[0]), decode_base64url(parts[2])
        except (ValueError, RecursionError):
            raise InvalidTokenError("its header or signature cannot be decoded") from None
        # The algorithm is ours to choose, not the token's.
        if header.get("alg") != "RS256":
            raise InvalidTokenError(f"its algorithm is {str(header.get('alg'))[:20]!r}, not RS256")
        if "crit" in header:
            raise InvalidTokenError("its header has extensions that must be understood")
        key_id = header.get("kid")
        key = self._keys.get(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise InvalidTokenError("the issuer has no key with its kid")
        if not key.verifies(f"{parts[0]}.{parts[1]}".encode("ascii"), signature):
            raise InvalidTokenError("its signature is not the issuer's")
        try:
            claims = _object(parts[1])
        except (ValueError, RecursionError):
            raise InvalidTokenError("its claims cannot be decoded") from None
        self._check(claims)
        return claims

    def _check(self, claims: Mapping[str, object]) -> None:
        if claims.get("iss") != self._issuer:
            raise InvalidTokenError("it is another issuer's")
        audience = claims.get("aud", claims.get("client_id"))
        named = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(name, str) and name in self._audiences for name in named):
            raise InvalidTokenError("it is for another audience")
        now = self._now()
        expires = _time(claims, "exp")
        if expires is None:
            raise InvalidTokenError("it never expires")
        if now >= expires + LEEWAY_SECONDS:
            raise InvalidTokenError("it has expired")
        begins = _time(claims, "nbf")
        if begins is not None and now < begins - LEEWAY_SECONDS:
            raise InvalidTokenError("it is not valid yet")


def client_of(claims: Mapping[str, object]) -> str:
    """The application that the token was issued to, else its subject. Raises InvalidTokenError if it names neither."""
    for name in ("client_id", "azp", "sub"):
        value = claims.get(name)
        if isinstance(value, str) and value:
            return value[:128]
    raise InvalidTokenError("it names no client: neither client_id nor azp nor sub")


def _time(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidTokenError(f"its {name} is not a number")
    return value


def _object(part: str) -> dict[str, object]:
    value = json.loads(decode_base64url(part))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
