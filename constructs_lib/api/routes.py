"""The API's routes."""

from __future__ import annotations

ROUTES = (
    ("POST", "/v1/chat/completions"),
    ("POST", "/v1/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("POST", "/models/{model}"),
    ("GET", "/openapi.json"),
)
"""Method and path of each route of the gateway function."""
