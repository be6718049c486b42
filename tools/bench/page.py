"""Puts the figures of `.local/bench.json` into docs/benchmarks.md, between its two marks: `make bench-page`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tools.bench import figures
from tools.bench.latency import MEASURES, PLACES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: written by make bench-page -->", "<!-- end of figures -->"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown; numbers are aligned to the right by the reader's renderer."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def render(known: dict[str, Any]) -> str:
    """The parts that were measured, in the page's order."""
    machine = known["machine"]
    where = f"{machine['cpus']} shared cores, {machine['system']} {machine['architecture']}, Python {machine['python']}"
    parts = [f"Measured on {where}.", *_waits(known), *_starts(known), *_weights(known), *_streams(known)]
    return "\n\n".join(parts)


def write(page: str, known: dict[str, Any]) -> str:
    """The page with the figures in it. Raises ValueError if a mark is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} must hold the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{render(known)}\n\n{END}{after}"


def _waits(known: dict[str, Any]) -> Iterator[str]:
    for endpoint, by_name in known.get("latency_ms", {}).items():
        rows = []
        for measure, label in MEASURES.items():
            for name, measured in by_name.items():
                one = measured[measure]
                more = ["", ""] if name == "boto3" else [f"{one[key]:+.2f}" for key in ("p50_more", "p95_more")]
                rows.append([f"{label}, {name}", f"{one['p50']:.2f}", more[0], f"{one['p95']:.2f}", more[1]])
        yield table([f"{PLACES[endpoint]}, ms", "p50", "more than boto3", "p95", "more than boto3"], rows)


def _starts(known: dict[str, Any]) -> Iterator[str]:
    if "cold_start" in known:
        rows = [[name, f"{one['median_ms']:.0f}", f"{one['ratio']:.2f}"] for name, one in known["cold_start"].items()]
        yield table(["process start to first request for an event", "median, ms", "ratio"], rows)


def _weights(known: dict[str, Any]) -> Iterator[str]:
    if "memory" in known:
        rows = [[name, f"{one['rss_mb']:.0f}", f"{one['pss_mb']:.0f}"] for name, one in known["memory"].items()]
        yield table(["memory after its answers, MB", "resident", "proportional"], rows)
    if "bundle_bytes" in known:
        rows = [[name, f"{size / 1000:.1f}"] for name, size in known["bundle_bytes"].items()]
        yield table(["zipped bundle", "kB"], rows)


def _streams(known: dict[str, Any]) -> Iterator[str]:
    if "streams" not in known:
        return
    one = known["streams"]
    rows = [
        ["answers, all compared", one["answers"]],
        ["refused, cut, lost or mixed up", sum(one["faults"].values())],
        ["first token, p50 / p95, ms", f"{one['first_token_ms']['p50']:.0f} / {one['first_token_ms']['p95']:.0f}"],
        ["last byte, p50 / p95, ms", f"{one['total_ms']['p50']:.0f} / {one['total_ms']['p95']:.0f}"],
        ["tokens a second", f"{one['tokens_per_second']:.0f}"],
        [
            "cores busy: data plane / Lambda environments / everything on the machine",
            " / ".join(f"{one[f'{who}_cpu_share']:.2f}" for who in ("data_plane", "environments", "machine")),
        ],
        [
            "data plane, resident before / after the minute, MB",
            f"{one['data_plane_rss_mb_before']:.0f} / {one['data_plane_rss_mb_after']:.0f}",
        ],
        [
            f"its {one['environments']} Lambda environments together, proportional, MB",
            f"{one['environments_pss_mb']:.0f}",
        ],
    ]
    head = f"{one['streams']} streams for {one['seconds']:.0f} s, a token every {one['gap_ms']:.0f} ms in each"
    yield table([head, ""], rows)


def main() -> int:
    if not figures.FILE.exists():
        print(f"{figures.FILE} is missing. Measure first: make bench bench-streams", file=sys.stderr)
        return 1
    known = json.loads(figures.FILE.read_text(encoding="utf-8"))
    PAGE.write_text(write(PAGE.read_text(encoding="utf-8"), known), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
