"""Ports for servers that are told theirs before they open it."""

from __future__ import annotations

import secrets
import socket

HOST = "127.0.0.1"

_CHOICE = range(20_000, 32_768)
"""Below what systems give to whoever asks for any port (from 32768 on Linux, from 49152 on macOS and Windows): none of
the connections that are made until the server opens its port can take it."""


def free_port() -> int:
    """A port of this machine that nothing uses."""
    while True:
        port = secrets.choice(_CHOICE)
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
