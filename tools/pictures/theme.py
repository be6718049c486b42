"""Colors of the pictures, light and dark, and what makes a drawn SVG readable by people and screen readers.

A picture carries its own background, so that it can be read on any page; where the reader's system, or the page, is
dark, a style sheet inside the SVG exchanges the colors.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

PAPER, INK, FAINT, LINE, PANEL = "#ffffff", "#1f2328", "#57606a", "#8c959f", "#f3f5f8"
BLUE, GREEN, VIOLET, ORANGE = "#0a5fb4", "#1a7f37", "#7a3fc4", "#a84300"
PALE_BLUE, PALE_GREEN, GRAY = "#a8cdf2", "#9fd8ae", "#d5dae0"

_DARK = {
    PAPER: "#0d1117",
    INK: "#e6edf3",
    FAINT: "#a4adb8",
    LINE: "#6e7681",
    PANEL: "#171d26",
    BLUE: "#6cb2ff",
    GREEN: "#57c46f",
    VIOLET: "#bf95ff",
    ORANGE: "#ffa262",
    PALE_BLUE: "#2b5a8c",
    PALE_GREEN: "#2a6a3c",
    GRAY: "#3a424d",
}

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


def finished(svg: str, *, title: str, description: str) -> str:
    """The SVG with its title, its description and the dark colors; without what the drawing programs add of theirs.

    Raises:
        ValueError: `svg` holds a color that the theme does not know: it would be unreadable in the dark.
    """
    unknown = sorted(set(re.findall(r"#[0-9a-f]{6}\b", svg)) - _DARK.keys())
    if unknown:
        raise ValueError(f"colors without a dark counterpart in tools/pictures/theme.py: {', '.join(unknown)}")
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<title>.*?</title>", "", svg, flags=re.DOTALL)
    head = (
        f'<title id="title">{escape(title)}</title>\n<desc id="description">{escape(description)}</desc>\n'
        f"<style>\n@media (prefers-color-scheme: dark) {{\n{_dark_rules(svg)}}}\n</style>\n"
    )
    opened = re.sub(r"<svg\b", '<svg role="img" aria-labelledby="title description"', svg, count=1)
    end = opened.index(">", opened.index("<svg")) + 1
    lines = (opened[:end] + "\n" + head + opened[end:]).splitlines()
    return "\n".join(line.rstrip() for line in lines if line.strip()) + "\n"


def _dark_rules(svg: str) -> str:
    """Rules for the colors that are there: as attributes (Graphviz) and in styles (matplotlib)."""
    rules = []
    for light, dark in _DARK.items():
        for kind in ("fill", "stroke"):
            selectors = [
                selector
                for selector, mark in (
                    (f'[{kind}="{light}"]', f'{kind}="{light}"'),
                    (f'[style*="{kind}: {light}"]', f"{kind}: {light}"),
                )
                if mark in svg
            ]
            if selectors:
                rules.append(f"{', '.join(selectors)} {{ {kind}: {dark} !important }}\n")
    return "".join(rules)
