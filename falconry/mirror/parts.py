"""Parts of a file, and the checksum that S3 computes for an object made of them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

MIB = 1024 * 1024

SMALLEST_PART = 5 * MIB
MOST_PARTS = 10_000
"""Of a multipart upload ("Amazon S3 multipart upload limits")."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `offset` to `offset + length` of a file. `number` counts from 1, as S3 does."""

    number: int
    offset: int
    length: int


def part_size(file_size: int, wanted: int) -> int:
    """`wanted` bytes, or as many whole MiB as keep the file within S3's number of parts."""
    least = -(-file_size // MOST_PARTS)
    return max(wanted, -(-least // MIB) * MIB)


def parts_of(file_size: int, size: int) -> list[Part]:
    """The parts of a file, of `size` bytes each but the last."""
    return [
        Part(index + 1, offset, min(size, file_size - offset)) for index, offset in enumerate(range(0, file_size, size))
    ]


def sha256(data: bytes) -> str:
    """In base64, as S3 writes checksums."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def composite(digests: Sequence[str]) -> str:
    """The SHA-256 that S3 gives to an object made of parts with these SHA-256s: that of the digests, and their number
    ("Checking object integrity in Amazon S3", composite checksums)."""
    joined = b"".join(base64.b64decode(digest) for digest in digests)
    return f"{sha256(joined)}-{len(digests)}"
