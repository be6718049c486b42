"""The figures of docs/benchmarks.md as plots, read from its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.pictures import charts, theme

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
_COLORS = {"boto3": theme.LINE, "front": theme.BLUE, "LiteLLM": theme.ORANGE}
TITLE = "What the front costs, measured"


def tables(page: str) -> dict[str, dict[str, list[str]]]:
    """The page's generated tables: by the head's first cell, each row's other cells by its first.

    Raises:
        ValueError: there is no generated part.
    """
    found = re.search(r"<!-- figures: .*?-->(.*)<!-- end of figures -->", page, re.DOTALL)
    if found is None:
        raise ValueError("docs/benchmarks.md has no generated figures. Run: make bench-page")
    result: dict[str, dict[str, list[str]]] = {}
    for block in re.findall(r"(?:^\|.*\n)+", found[1], re.MULTILINE):
        head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines())
        result[head[0]] = {row[0]: row[1:] for row in rows}
    return result


def svg(page: str) -> str:
    """Latency compared with boto3 and LiteLLM, cold start, and memory."""
    known = tables(page)
    waits = known["64 tokens at once, ms"]
    starts = known["process start to first request for an event"]
    memory = known["memory after its answers, MB"]
    drawn, ((first, last), (start, resident)) = charts.figure(5.0, rows=2, columns=2)
    for axes, measure in ((first, "first token"), (last, "last byte")):
        rows = {name.split(", ")[1]: cells for name, cells in waits.items() if name.startswith(measure)}
        _bars(axes, f"{measure.capitalize()} of 64 tokens, median", rows, "ms", more=1)
    _bars(start, "Process start to first request, median", starts, "ms", ratio=1)
    _bars(resident, "Memory after its answers, resident", memory, "MB")
    return theme.finished(charts.svg(drawn), title=TITLE, description=_description(waits, starts, memory))


def _bars(
    axes: Any,
    title: str,
    rows: Mapping[str, Sequence[str]],
    unit: str,
    *,
    more: int | None = None,
    ratio: int | None = None,
) -> None:
    values = [float(cells[0]) for cells in rows.values()]
    said = []
    for cells in rows.values():
        note = f" ({cells[more]})" if more is not None and cells[more] else ""
        note += f" ({cells[ratio]} x)" if ratio is not None else ""
        said.append(f"{cells[0]} {unit}{note}")
    colors = [next((color for name, color in _COLORS.items() if name in label), theme.VIOLET) for label in rows]
    charts.bars(axes, list(rows), values, colors, said)
    axes.set_xlim(0, max(values) * 1.55)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_title(title, loc="left", fontsize=11.5, color=theme.INK, fontweight="bold")


def _description(*parts: Mapping[str, Sequence[str]]) -> str:
    return " ".join(f"{name}: {cells[0]}." for part in parts for name, cells in part.items())
