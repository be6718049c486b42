"""What all charts share: matplotlib set up so that the same data give the same bytes, and text stays text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from tools.pictures import theme

WIDTH = 9.2
"""Inches, at 72 points each: about the width of a README, so that text keeps its size."""

mpl.rcParams.update(
    {
        "svg.hashsalt": "falconry",
        "svg.fonttype": "none",
        "font.size": 10.5,
        "text.color": theme.INK,
        "axes.labelcolor": theme.FAINT,
        "axes.edgecolor": theme.LINE,
        "xtick.color": theme.FAINT,
        "ytick.color": theme.INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": theme.PAPER,
        "axes.facecolor": theme.PAPER,
    }
)


def figure(height: float, rows: int = 1, columns: int = 1, **arguments: Any) -> tuple[Figure, Any]:
    """A figure of the usual width with its axes; `height` in inches."""
    made = Figure(figsize=(WIDTH, height), layout="constrained")
    return made, made.subplots(rows, columns, **arguments)


def svg(drawn: Figure) -> str:
    """The figure as SVG, without the date and the drawing program's name."""
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plain = buffer.getvalue()
    for family in ("'DejaVu Sans', 'Bitstream Vera Sans'", "'DejaVu Sans'"):
        if family in plain:
            first = plain.index(family)
            whole = plain[first : plain.index("sans-serif", first) + len("sans-serif")]
            plain = plain.replace(whole, theme.FONT)
            break
    return plain


def bars(axes: Any, labels: Sequence[str], values: Sequence[float], colors: Sequence[str], said: Sequence[str]) -> None:
    """Horizontal bars, the first on top, each with a label at its end."""
    places = range(len(labels))
    axes.barh(places, values, color=colors, height=0.62)
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, max(values) * 1.3)
    for place, value, word in zip(places, values, said, strict=True):
        note(axes, value, place, word)


def note(axes: Any, value: float, place: float, word: str) -> None:
    """A label just right of a bar's end."""
    axes.annotate(
        word, (value, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=10, color=theme.INK
    )
