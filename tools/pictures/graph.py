"""The architecture's boxes and arrows as an SVG, laid out by Graphviz."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from tools.pictures import theme
from tools.pictures.boxes import Arrow, Box, Picture

_STACKS = {
    "network": theme.GREEN,
    "models": theme.ORANGE,
    "api": theme.BLUE,
    "operations": theme.VIOLET,
}
FONT = "Helvetica"


def svg(picture: Picture) -> str:
    """The picture as SVG. Raises RuntimeError with Graphviz's message if it fails."""
    return laid_out(dot(picture))


def laid_out(words: str) -> str:
    """A graph in Graphviz's language as an SVG. Raises RuntimeError with Graphviz's message if it fails."""
    node = shutil.which("node")
    if node is None:
        raise RuntimeError("node is not on the PATH. Run: make pictures")
    layout = Path(__file__).resolve().parent / "layout.mjs"
    done = subprocess.run([node, str(layout)], input=words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Graphviz could not lay the graph out: {done.stderr.strip()}")
    return done.stdout.replace(f'font-family="{FONT},sans-Serif"', f'font-family="{theme.FONT}"').replace(
        f'font-family="{FONT}"', f'font-family="{theme.FONT}"'
    )


def dot(picture: Picture) -> str:
    """The graph in Graphviz's language. A request goes from left to right, and down where it enters the VPC."""
    return "\n".join(
        [
            "digraph architecture {",
            f'bgcolor="{theme.PAPER}"; rankdir=TB; nodesep=0.3; ranksep=0.5; pad=0.2; newrank=true; splines=true;',
            f'fontname="{FONT}"; fontsize=14; fontcolor="{theme.FAINT}";',
            f'node [shape=plain, fontname="{FONT}", fontsize=13, fontcolor="{theme.INK}"];',
            f'edge [fontname="{FONT}", fontsize=12, fontcolor="{theme.FAINT}", arrowsize=0.7];',
            *_vpc(picture),
            *(_node(box) for box in picture.boxes if not box.in_vpc),
            *_rows(picture),
            *_arrows(picture),
            "}",
        ]
    )


def _vpc(picture: Picture) -> Iterator[str]:
    yield "subgraph cluster_vpc {"
    yield f'label="{picture.vpc}"; labeljust=r; style="rounded,filled"; margin=16;'
    yield f'color="{theme.GREEN}"; fillcolor="{theme.PANEL}"; penwidth=1.4;'
    yield from (_node(box) for box in picture.boxes if box.in_vpc)
    yield "}"


def _rows(picture: Picture) -> Iterator[str]:
    """Boxes side by side; those that monitor and protect come last, below all others."""
    boxes = {box.key: box for box in picture.boxes}
    path = [arrow for arrow in picture.arrows if not arrow.dotted]
    rows = [
        dict.fromkeys(one for arrow in path for one in (arrow.source, arrow.target) if boxes[one].in_vpc == in_vpc)
        for in_vpc in (False, True)
    ]
    yield from map(_row, rows)
    # What all share and what monitors comes in the last two rows, before the buckets.
    ends = [box.key for box in picture.boxes if not box.in_vpc and not box.group and box.title.startswith("S3")]
    shared, watch = ([box.key for box in picture.boxes if box.group == group] for group in ("shared", "watch"))
    last = [[shared[0], *ends], [*shared[1:], *watch]]
    yield from map(_row, last)
    yield from (f'"{row[0]}" -> "{row[1]}" [style=invis];' for row in last)
    yield f'"{last[0][0]}" -> "{last[1][0]}" [style=invis, weight=100];'
    yield f'"{next(iter(rows[1]))}" -> "{last[0][0]}" [style=invis, weight=100];'
    yield from (f'"{end}" -> "{one}" [style=invis];' for end in ends for one in watch)
    # The VPC begins below the client, not below what leads into it.
    entered = [arrow.target for arrow in path if boxes[arrow.target].in_vpc and not boxes[arrow.source].in_vpc]
    yield from (f'"{path[0].source}" -> "{one}" [style=invis, weight=100];' for one in entered)


def _row(keys: Iterable[str]) -> str:
    return "{rank=same; " + " ".join(f'"{key}";' for key in keys) + "}"


def _node(box: Box) -> str:
    color = _STACKS.get(box.stack, theme.LINE)
    rows = [f'<font point-size="15"><b>{escape(box.title)}</b></font>', *map(escape, box.details)]
    if box.stack:
        rows.append(f'<font color="{color}">{escape(box.stack)} stack</font>')
    lines = "".join(f'<tr><td align="left">{row}</td></tr>' for row in rows)
    frame = f'border="2" color="{color}" bgcolor="{theme.PAPER}" style="rounded" cellborder="0" cellpadding="6"'
    inner = f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{lines}</table>'
    return f'"{box.key}" [label=<<table {frame} cellspacing="0"><tr><td>{inner}</td></tr></table>>];'


def _arrows(picture: Picture) -> Iterator[str]:
    inside = {box.key: box.in_vpc for box in picture.boxes}
    for arrow in picture.arrows:
        crossing = inside[arrow.source] != inside[arrow.target] and not arrow.dotted
        yield _arrow(arrow, crossing=crossing)


def _arrow(arrow: Arrow, *, crossing: bool) -> str:
    style = f'style=dashed, color="{theme.LINE}"' if arrow.dotted else f'penwidth=2, color="{theme.BLUE}"'
    label = f', label=" {arrow.label} "' if arrow.label else ""
    if crossing:
        style += ", weight=0"
    return f'"{arrow.source}" -> "{arrow.target}" [{style}{label}];'
