"""The page as one document, with the headers that it is served with."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playground.facts import Facts
from playground.modules import join

PAGE = Path(__file__).resolve().parent / "page"

STYLES = ("theme.css", "layout.css", "controls.css", "conversation.css")
"""In the order of the cascade."""

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


@dataclass(frozen=True, slots=True)
class PageDocument:
    """HTML with everything in it, and the headers that a browser needs with it."""

    html: bytes
    headers: Mapping[str, str]


def build(facts: Facts) -> PageDocument:
    """The page for one deployment: the same bytes for the same facts.

    Raises:
        ModuleError: the page's modules do not fit together.
    """
    script = "\n" + join({path.name: _read(path.name) for path in PAGE.glob("*.js")}, "main.js")
    style = "\n" + "\n".join(_read(name) for name in STYLES)
    html = _read("index.html")
    for place, content in {"STYLE": style, "FACTS": _embedded(facts), "SCRIPT": script}.items():
        mark = f"/*{place}*/"
        if html.count(mark) != 1:
            raise ValueError(f"index.html: {mark} stands {html.count(mark)} times in it, and must stand there once")
        html = html.replace(mark, content)
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "img-src": "data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        # Nothing may turn text into markup or into code, whatever a model writes.
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    directives = "; ".join(f"{name} {value}" for name, value in policy.items())
    return PageDocument(html.encode(), {**_HEADERS, "content-security-policy": directives})


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _embedded(facts: Facts) -> str:
    """JSON that cannot end the element that contains it."""
    return json.dumps(facts.as_json(), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
