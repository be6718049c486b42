"""`python -m tools.pictures ASSEMBLY`: every picture of docs/pictures, the deployment from the folder of a synthesis.

With `--check` it writes nothing and fails where a picture is not what would be drawn.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from falconry.assembly.cloud_assembly import read
from tools.pictures import bench_charts, graph, models_chart, rooms, theme
from tools.pictures.architecture import picture
from tools.pictures.boxes import Picture
from tools.pictures.resource_graph import ResourceGraph

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "pictures"


def pictures(assembly: Path) -> dict[str, str]:
    """Each picture's SVG by its file's name."""
    drawn = picture(ResourceGraph(read(assembly)))
    return {
        "architecture.svg": theme.finished(
            graph.svg(drawn), title="The architecture of a deployment", description=in_words(drawn)
        ),
        "rooms.svg": rooms.svg(rooms.HOUSE),
        "gateway-function.svg": rooms.svg(rooms.FRONT),
        "models.svg": models_chart.svg(),
        "benchmarks.svg": bench_charts.svg(bench_charts.PAGE.read_text(encoding="utf-8")),
    }


def in_words(drawn: Picture) -> str:
    """A text description of the architecture."""
    titles = {box.key: f"{box.title} ({', '.join(box.details)})" for box in drawn.boxes}
    inside = ", ".join(box.title for box in drawn.boxes if box.in_vpc)
    path = "; ".join(f"{titles[one.source]} to {titles[one.target]}" for one in drawn.arrows if not one.dotted)
    return f"A request's path: {path}. {drawn.vpc}; in it: {inside}."


def main() -> int:
    """Draw, or with `--check` compare."""
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("assembly", type=Path, help="where `cdk synth` wrote the templates")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    given = parser.parse_args()
    stale = []
    for name, svg in pictures(given.assembly).items():
        file = FOLDER / name
        if not given.check:
            file.write_text(svg, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != svg:
            stale.append(f"docs/pictures/{name}")
    if stale:
        print(f"{', '.join(stale)}: not up to date. Run: make pictures", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
