"""The function that serves the page: bytes, headers, what a browser has already, and the joining of modules."""

from __future__ import annotations

import base64
import gzip
import hashlib
import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import playground
from falconry.catalog import samples
from playground.document import PAGE
from playground.modules import ModuleError, join

ROOT = Path(__file__).resolve().parents[2]
FACTS = playground.Facts(
    deployment="</script><b>x",
    credentials="api_key",
    models=[playground.PlaygroundModel("falcon-7b", False, 2048, "ml.g5.2xlarge", 1.5, "2026-09-18")],
    samples=playground.samples(samples()),
)

Get = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> playground.PageDocument:
    return playground.build(FACTS)


@pytest.fixture
def get(document: playground.PageDocument, tmp_path: Path) -> Get:
    """The handler, as it lies in Lambda: beside its document."""
    shutil.copy(ROOT / "lambda_src" / "static_page" / "handler.py", tmp_path)
    (tmp_path / "document.html").write_bytes(document.html)
    (tmp_path / "headers.json").write_text(json.dumps(document.headers), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("static_page_under_test", tmp_path / "handler.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def ask(**headers: str) -> dict[str, Any]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = module.handler({"headers": named, "requestContext": {"requestId": "the-id"}}, None)
        return {**answer, "body": b"".join(answer["body"])}

    return ask


def test_the_page_goes_compressed_to_those_who_take_it(get: Get, document: playground.PageDocument) -> None:
    plain, zipped = get(), get(Accept_Encoding="br, gzip;q=0.8")

    assert plain["body"] == gzip.decompress(zipped["body"]) == document.html
    assert zipped["headers"]["content-encoding"] == "gzip"
    assert "content-encoding" not in plain["headers"]
    assert "content-encoding" not in get(Accept_Encoding="gzip;q=0, identity")["headers"]
    assert plain["headers"]["vary"] == "Accept-Encoding"
    assert plain["headers"]["etag"] != zipped["headers"]["etag"]


def test_a_browser_that_has_it_is_told_so(get: Get) -> None:
    first = get(accept_encoding="gzip")
    again = get(accept_encoding="gzip", if_none_match=f'"other", W/{first["headers"]["etag"]}')

    assert (again["statusCode"], again["body"]) == (304, b"")
    assert again["headers"]["etag"] == first["headers"]["etag"]
    # What a browser may do with what it has is said again.
    assert again["headers"]["content-security-policy"] == first["headers"]["content-security-policy"]
    assert get(accept_encoding="gzip", if_none_match='"older"')["statusCode"] == 200


def test_it_logs_an_id_and_no_more(get: Get, capsys: pytest.CaptureFixture[str]) -> None:
    answer = get(user_agent="Mozilla")

    line = json.loads(capsys.readouterr().out)
    assert set(line) == {"level", "message", "request_id", "status", "time"}
    assert line["request_id"] == answer["headers"]["x-request-id"] == "the-id"


def test_the_policy_names_what_the_page_holds_and_nothing_else(document: playground.PageDocument) -> None:
    html = document.html.decode()
    policy = dict(part.split(" ", 1) for part in document.headers["content-security-policy"].split("; "))
    (script,) = re.findall(r'<script type="module">(.*?)</script>', html, re.DOTALL)
    (style,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)

    for text, directive in ((script, "script-src"), (style, "style-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in document.headers["content-security-policy"]


def test_the_page_is_whole_in_itself_and_light(document: playground.PageDocument) -> None:
    html = document.html.decode()

    assert len(document.html) < 150_000
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']*""", html) == []
    assert "@import" not in html
    assert not re.search(r"\burl\(", html)
    # Everything that would need an origin of its own: links, styles, handlers in markup.
    assert not re.search(r"<[^>]+\s(on\w+|style)=", html.partition('<script type="application/json"')[0])


def test_facts_cannot_end_their_element(document: playground.PageDocument) -> None:
    (embedded,) = re.findall(r'id="facts">(.*?)</script>', document.html.decode(), re.DOTALL)

    assert json.loads(embedded)["deployment"] == FACTS.deployment
    assert "<" not in embedded


def test_nothing_in_the_page_makes_markup_or_code_of_a_string() -> None:
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|javascript:"

    assert [path.name for path in PAGE.glob("*.js") if re.search(sinks, path.read_text(encoding="utf-8"))] == []


def test_modules_are_joined_after_what_they_need() -> None:
    files = {
        "main.js": 'import { b } from "./b.js";\nimport { c } from "./c.js";\nb(c);\n',
        "b.js": 'import { c } from "./c.js";\nexport function b() { return c; }\n',
        "c.js": "export const c = 1;\n",
    }

    assert join(files, "main.js") == '"use strict";\nconst c = 1;\nfunction b() { return c; }\nb(c);\n'


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"main.js": 'import { a } from "./a.js";'}, "main.js imports a.js, which does not exist"),
        ({"main.js": 'import { a } from "./a.js";', "a.js": "const a = 1;"}, "a.js does not export a"),
        ({"main.js": 'import a from "./a.js";', "a.js": ""}, "line 1: import a from"),
        ({"main.js": "export default 1;"}, "line 1: export default 1"),
        ({"main.js": 'import { m } from "./main.js";\nexport const m = 1;'}, "main.js imports main.js: a circle"),
        (
            {"main.js": 'import { a } from "./a.js";\nconst b = 1;', "a.js": "export const a = 1;\nconst b = 2;"},
            "a.js has the name b too",
        ),
    ],
)
def test_modules_that_do_not_fit_are_refused(files: dict[str, str], says: str) -> None:
    with pytest.raises(ModuleError, match=re.escape(says)):
        join(files, "main.js")
