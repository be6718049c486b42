"""The encoding of SageMaker's response streams (application/vnd.amazon.eventstream), written by hand."""

from __future__ import annotations

import json
import struct
import zlib


def frame(payload: bytes, **headers: str) -> bytes:
    """One message of the application/vnd.amazon.eventstream encoding."""
    encoded = b""
    for name, value in headers.items():
        key = ":" + name.replace("_", "-")
        encoded += struct.pack(">B", len(key)) + key.encode() + struct.pack(">BH", 7, len(value)) + value.encode()
    prelude = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + encoded + payload
    return message + struct.pack(">I", zlib.crc32(message))


def part(payload: bytes) -> bytes:
    return frame(payload, message_type="event", event_type="PayloadPart", content_type="application/octet-stream")


def exception(name: str, **fields: str) -> bytes:
    return frame(json.dumps(fields).encode(), message_type="exception", exception_type=name)
