"""A hook of MkDocs: links that lead out of docs/, to files in the repository.

On GitHub they work as they are. On the site they lead to the repository's address, if `extra.repository` in mkdocs.yml
gives one; without it they become their own text. One that leads to no file is a warning, and so ends a strict build.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

LOG = logging.getLogger("mkdocs.hooks.site_links")
ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(((?:\.\./)+[^)\s#]+)(#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """The page's text with those links replaced."""
    folder = (ROOT / "docs" / page.file.src_uri).parent

    def replaced(link: re.Match[str]) -> str:
        words, target, anchor = link[1], (folder / link[2]).resolve(), link[3] or ""
        if target.is_relative_to(ROOT / "docs"):
            return link[0]
        if not target.is_relative_to(ROOT) or not target.exists():
            LOG.warning("%s links to %s, which is not in the repository", page.file.src_uri, link[2])
            return link[0]
        repository = config["extra"]["repository"]
        if not repository:
            return words
        kind = "tree" if target.is_dir() else "blob"
        return f"[{words}]({repository.rstrip('/')}/{kind}/main/{target.relative_to(ROOT)}{anchor})"

    return _LINK.sub(replaced, markdown)
