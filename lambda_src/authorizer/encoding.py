"""base64url without padding, as JSON Web Tokens and Keys write bytes (RFC 7515, section 2)."""

from __future__ import annotations

import base64
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+")


def decode_base64url(text: str) -> bytes:
    """The bytes. Raises ValueError for anything but the alphabet; Python's own decoder skips foreign characters."""
    if _ALPHABET.fullmatch(text) is None:
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
