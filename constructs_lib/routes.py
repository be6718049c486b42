"""The API's routes."""

from __future__ import annotations

ROUTES = (
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("POST", "/models/{model}"),
)
"""Method and path of everything that the front answers."""
