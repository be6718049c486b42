"""The playground's route in the emulated AWS: open, light, cached, under its own policy; the API stays closed."""

from __future__ import annotations

import gzip

import httpx2

from .conftest import Api


def url(api: Api) -> str:
    return f"{api.base_url.removesuffix('/v1')}/playground"


def test_everybody_gets_the_page_and_nothing_else(api: Api) -> None:
    answer = httpx2.get(url(api), headers={"Accept": "text/html,*/*;q=0.8"})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.text.startswith("<!doctype html>")
    assert api.key not in answer.text
    for path in ("/v1/models", "/openapi.json"):
        assert httpx2.get(f"{api.base_url.removesuffix('/v1')}{path}").status_code == 401
    assert httpx2.post(url(api), json={}).status_code == 404


def test_it_weighs_little_and_is_loaded_once(api: Api) -> None:
    with httpx2.stream("GET", url(api), headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < 40_000
    assert len(gzip.decompress(sent)) < 150_000
    known = {"Accept-Encoding": "gzip", "If-None-Match": answer.headers["etag"]}

    again = httpx2.get(url(api), headers=known)

    assert (again.status_code, again.content) == (304, b"")
