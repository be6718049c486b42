"""RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2.2; RFC 7518, section 3.3). Verification only."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

# DER of DigestInfo for SHA-256, before the digest (RFC 8017, section 9.2, note 1).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")

_MODULUS_BITS = range(2048, 8193)  # RFC 7518 wants 2048 at least; a larger one than 8192 costs time only
_MAXIMUM_EXPONENT = 1 << 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA public key. Raises ValueError for one that is too weak or too expensive to verify with."""

    modulus: int
    exponent: int

    def __post_init__(self) -> None:
        if self.modulus.bit_length() not in _MODULUS_BITS:
            raise ValueError(f"an RSA key of {self.modulus.bit_length()} bits; 2048 to 8192 are accepted")
        if self.exponent % 2 == 0 or not 3 <= self.exponent < _MAXIMUM_EXPONENT:
            raise ValueError("an RSA exponent that is even, below 3 or above 32 bits")

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `message`.

        The whole padded block is built and compared, nothing of the signature is parsed: lax parsing of the padding is
        what forged signatures live on.
        """
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature)
        if len(signature) != size or number >= self.modulus:
            return False
        block = pow(number, self.exponent, self.modulus).to_bytes(size)
        digest_info = _DIGEST_INFO + hashlib.sha256(message).digest()
        padding = b"\xff" * (size - len(digest_info) - 3)
        return hmac.compare_digest(block, b"\x00\x01" + padding + b"\x00" + digest_info)
