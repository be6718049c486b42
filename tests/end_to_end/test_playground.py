"""The playground's route in the emulated AWS: open, light, cached, under its own policy; the API stays closed."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx2

from .conftest import Api
from .local import running

PRIVATE = """\
region: us-east-1
retain_data: false
models: [{name: falcon-7b-instruct}]
api: {access: private, vpc_endpoint_ids: [vpce-0123456789abcdef0]}
"""


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


def test_a_private_apis_page_comes_through_its_endpoint_only(tmp_path: Path) -> None:
    config = tmp_path / "hidden.yaml"
    config.write_text(PRIVATE, encoding="utf-8")
    with running(tmp_path / "state", "--config", str(config)) as local:
        described = local.wait_until_ready()

        assert httpx2.get(described["playground"]).status_code == 403
        assert httpx2.get(described["playground"], headers=described["headers"]).status_code == 200
