"""AWS's event stream encoding (application/vnd.amazon.eventstream), as InvokeEndpointWithResponseStream sends it.

A message: total length and headers length (4 bytes each, big endian), CRC-32 of these 8 bytes, headers, payload, CRC-32
of all before. A header: name length (1 byte), name, type (1 byte; 7 is a string), value length (2 bytes), value.
"""

import json
import struct
import zlib

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7


def encode_message(headers: dict[str, str], payload: bytes) -> bytes:
    """One message with string headers."""
    encoded = bytearray()
    for name, value in headers.items():
        text = value.encode()
        encoded += struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", _STRING, len(text)) + text
    total = 12 + len(encoded) + len(payload) + 4
    prelude = struct.pack("!II", total, len(encoded))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + bytes(encoded) + payload
    return message + struct.pack("!I", zlib.crc32(message))


def payload_part(data: bytes) -> bytes:
    """A PayloadPart event."""
    return encode_message(
        {":message-type": "event", ":event-type": "PayloadPart", ":content-type": "application/octet-stream"}, data
    )


def stream_exception(name: str, fields: dict[str, str]) -> bytes:
    """An exception that ends the stream, such as ModelStreamError."""
    headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
    return encode_message(headers, json.dumps(fields).encode())
