"""Links that lead out of docs/, on the site."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from tools.docs.site_links import on_page_markdown

LINK = "See [a renamed config](../tests/review/config-renamed.md)."


def on_the_site(markdown: str, repository: str = "") -> str:
    page = SimpleNamespace(file=SimpleNamespace(src_uri="pull-requests.md"))
    return on_page_markdown(markdown, page=page, config={"extra": {"repository": repository}})


def test_a_file_of_the_repository_is_linked_where_the_repository_is() -> None:
    expected = "See [a renamed config](https://example.com/falconry/blob/main/tests/review/config-renamed.md)."

    assert on_the_site(LINK, "https://example.com/falconry/") == expected


def test_where_nobody_knows_the_words_stay() -> None:
    assert on_the_site(LINK) == "See a renamed config."


def test_other_links_stay_as_they_are() -> None:
    text = "[Errors](errors.md), [above](#threats), [out](https://example.com), ![seen](../docs/pictures/models.svg)"

    assert on_the_site(text) == text


@pytest.mark.parametrize("target", ["../tests/review/nothing.md", "../../elsewhere.md"])
def test_a_link_that_leads_nowhere_ends_a_strict_build(target: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="mkdocs.hooks.site_links"):
        on_the_site(f"[gone]({target})")

    assert f"pull-requests.md links to {target}, which is not in the repository" in caplog.text
