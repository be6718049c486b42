"""What commands print: text or JSON on standard output, errors on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

WIDE = 110
"""The terminal width, in columns, from which tables show more."""


@cache
def console() -> Console:
    """Standard output: in color on a terminal unless NO_COLOR is set; as wide as the terminal, 80 columns in a pipe."""
    from rich.console import Console

    class Terminal(Console):
        def on_broken_pipe(self) -> None:
            """Rich would end the process itself, with another exit code than `falconry.app` gives."""
            raise BrokenPipeError

    return Terminal(highlight=False, soft_wrap=False)


@cache
def errors() -> Console:
    """Standard error, likewise."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def table(headings: Mapping[str, str], *, indent: int = 0) -> Table:
    """A table without lines. `headings` maps each heading to the alignment of its column: "left" or "right"."""
    from rich.table import Table

    padding = (0, 0, 0, indent) if indent else (0, 2, 0, 0)
    made = Table(box=None, pad_edge=indent > 0, padding=padding, header_style="bold")
    for heading, side in headings.items():
        made.add_column(heading, justify="right" if side == "right" else "left", no_wrap=True)
    return made


def heading(words: str) -> None:
    """A blank line and a bold line above a part of the output."""
    console().print(f"\n[bold]{words}[/]")


def note(words: str, *, indent: int = 0) -> None:
    """A remark, dimmed and wrapped. A blank line stays one."""
    paragraph(words, indent=indent, style="dim")


def paragraph(words: str, *, indent: int = 0, hanging: int = 0, style: str = "") -> None:
    """Text wrapped to the terminal's width; lines after the first are `hanging` columns further in."""
    import textwrap

    for line in words.split("\n"):
        first = " " * indent
        wrapped = textwrap.wrap(
            line,
            console().width,
            initial_indent=first,
            subsequent_indent=first + " " * hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
        console().print("\n".join(wrapped), style=style, markup=False, soft_wrap=True)


def bar(parts: Mapping[str, float], width: int) -> Text:
    """A bar of `width` characters in which each part has its share. Parts are drawn by name: `BAR_PARTS`."""
    from rich.text import Text

    total = sum(parts.values())
    drawn = Text()
    done = 0.0
    for name, value in parts.items():
        character, style = BAR_PARTS[name]
        begin = round(width * done / total)
        done += value
        drawn.append(character * (round(width * done / total) - begin), style=style)
    return drawn


BAR_PARTS = {"weights": ("█", "cyan"), "room": ("▒", "green"), "reserve": ("·", "dim"), "missing": ("!", "red")}
"""How the parts of a bar are drawn: distinguishable without colors too."""


def print_json(value: object) -> None:
    """`value` for a script: indented JSON, and nothing else, on standard output. Times are in ISO 8601."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> str | list[str]:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{value!r} has no JSON form")
