"""The rooms of the source as two pictures: the whole house, and the packages of the gateway function.

Thin arrows are imports, read from the code; one that follows from others is left out. Thick arrows are a walk: what a
value passes through, in order. The tables `HOUSE` and `FRONT` say which rooms are drawn and where a walk leads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

from tools.pictures import graph, theme
from tools.pictures.graph import FONT

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Room:
    """A box. `paths` are its folders and files below the root; without any, it is no code."""

    key: str
    title: str
    lines: tuple[str, ...]
    paths: tuple[str, ...] = ()
    color: str = theme.LINE


@dataclass(frozen=True, slots=True)
class Plan:
    """A picture: its rooms row by row, and its walk as pairs of rooms with a label."""

    rows: tuple[tuple[Room, ...], ...]
    walk: tuple[tuple[str, str, str], ...]
    title: str

    @property
    def rooms(self) -> dict[str, Room]:
        """Every room by its key."""
        return {room.key: room for row in self.rows for room in row}


HOUSE = Plan(
    title="The rooms of the source",
    rows=(
        (
            Room("config", "config/", ("what an engineer edits:", "a file for each deployment"), color=theme.ORANGE),
            Room("app", "app.py", ("reads the config,", "makes the stacks"), ("app.py",), theme.ORANGE),
            Room(
                "falconry",
                "falconry/",
                ("the command: plan, preflight,", "review, mirror, status, delivery"),
                ("falconry",),
                theme.VIOLET,
            ),
            Room("tools", "tools/", ("benchmarks, pictures,", "reference pages"), ("tools",)),
        ),
        (
            Room(
                "stacks",
                "stacks/",
                ("a file for each stack:", "where settings meet constructs"),
                ("stacks",),
                theme.ORANGE,
            ),
            Room(
                "settings",
                "falconry/settings/",
                ("the typed config;", "its mistakes are found here"),
                ("falconry/settings",),
                theme.ORANGE,
            ),
            Room(
                "local_aws",
                "local_aws/",
                ("the emulated AWS,", "a project of its own"),
                ("local_aws/src/local_aws",),
                theme.GREEN,
            ),
        ),
        (
            Room(
                "constructs_lib",
                "constructs_lib/",
                ("one noun a file: model, api,", "network, observability, delivery"),
                ("constructs_lib",),
                theme.ORANGE,
            ),
            Room(
                "catalog",
                "falconry/catalog/",
                ("models, containers, instance types,", "prices, regions: facts as data"),
                ("falconry/catalog",),
                theme.ORANGE,
            ),
            Room(
                "shared",
                "falconry/names.py",
                ("names of AWS resources;", "did_you_mean.py"),
                ("falconry/names.py", "falconry/did_you_mean.py"),
                theme.ORANGE,
            ),
        ),
        (
            Room("templates", "CloudFormation templates", ("what cdk synth writes",), color=theme.LINE),
            Room(
                "chat",
                "lambda_src/chat/",
                ("the gateway function:", "a request in, an answer out"),
                ("lambda_src/chat",),
                theme.BLUE,
            ),
            Room(
                "functions",
                "lambda_src/",
                ("authorizer, static_page,", "streaming_runtime"),
                ("lambda_src/authorizer", "lambda_src/static_page", "lambda_src/streaming_runtime"),
                theme.BLUE,
            ),
            Room("playground", "playground/", ("the chat page",), ("playground",), theme.BLUE),
        ),
    ),
    walk=(
        ("config", "app", "1"),
        ("app", "settings", "2"),
        ("settings", "stacks", "3"),
        ("stacks", "constructs_lib", "4"),
        ("constructs_lib", "templates", "5"),
        ("constructs_lib", "chat", "6"),
        ("constructs_lib", "functions", "6"),
        ("constructs_lib", "playground", "6"),
    ),
)

FRONT = Plan(
    title="The packages of the gateway function",
    rows=(
        (
            Room("gateway", "API Gateway", ("a Lambda event",)),
            Room(
                "host",
                "host/",
                ("event to request, response to chunks;", "log line, metrics, traces, audit"),
                ("lambda_src/chat/host",),
                theme.BLUE,
            ),
            Room("front", "front.py", ("routes: which operation",), ("lambda_src/chat/front.py",), theme.BLUE),
            Room(
                "openapi",
                "openapi/",
                ("the API's own description",),
                ("lambda_src/chat/openapi",),
                theme.BLUE,
            ),
        ),
        (
            Room(
                "native",
                "native/",
                ("the serving container's", "own payload"),
                ("lambda_src/chat/native",),
                theme.BLUE,
            ),
            Room(
                "openai",
                "openai/",
                ("body to a typed request;", "deltas to chunks"),
                ("lambda_src/chat/openai",),
                theme.BLUE,
            ),
        ),
        (
            Room(
                "generation",
                "generation/",
                ("one answer: first token before", "the status line, stops, deadline"),
                ("lambda_src/chat/generation",),
                theme.BLUE,
            ),
            Room(
                "prompt",
                "prompt/",
                ("messages to text by the", "model's template; what fits"),
                ("lambda_src/chat/prompt",),
                theme.BLUE,
            ),
        ),
        (
            Room(
                "serving",
                "serving/",
                ("the container's payload, stream", "and errors; the call itself"),
                ("lambda_src/chat/serving",),
                theme.ORANGE,
            ),
            Room("endpoint", "SageMaker endpoint", ("a serving container",)),
        ),
    ),
    walk=(
        ("gateway", "host", "1"),
        ("host", "front", "2"),
        ("front", "openai", "3"),
        ("openai", "prompt", "4"),
        ("openai", "generation", "5"),
        ("generation", "serving", "6"),
        ("serving", "endpoint", "7"),
    ),
)


def imports(plan: Plan) -> dict[tuple[str, str], int]:
    """How many imports lead from one room to another."""
    counts: dict[tuple[str, str], int] = {}
    for room in plan.rooms.values():
        for file in _files(plan, room):
            for name in _imported(file):
                target = _room_of(plan, name)
                if target and target != room.key:
                    counts[room.key, target] = counts.get((room.key, target), 0) + 1
    return counts


def reduced(arrows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows, sorted, without those that follow from others: a to c, where a leads to b and b to c."""
    onward: dict[str, set[str]] = {}
    for source, target in arrows:
        onward.setdefault(source, set()).add(target)

    def reached(source: str) -> set[str]:
        return onward.get(source, set()).union(*(reached(one) for one in onward.get(source, set())))

    return sorted(
        (source, target)
        for source, targets in onward.items()
        for target in targets
        if not any(target in reached(other) for other in targets - {target})
    )


def svg(plan: Plan) -> str:
    """The plan, drawn. Raises RuntimeError with Graphviz's words where it cannot be."""
    return theme.finished(graph.laid_out(dot(plan)), title=plan.title, description=in_words(plan))


def dot(plan: Plan) -> str:
    """The plan in Graphviz's language.

    Raises:
        ValueError: the walk names a room that is not drawn.
    """
    missing = {key for one in plan.walk for key in one[:2]} - plan.rooms.keys()
    if missing:
        raise ValueError(
            f"tools/pictures/rooms.py: the walk names rooms that are not drawn: {', '.join(sorted(missing))}"
        )
    return "\n".join(
        [
            "digraph rooms {",
            f'bgcolor="{theme.PAPER}"; rankdir=TB; nodesep=0.55; ranksep=0.6; pad=0.2; newrank=true;',
            f'node [shape=plain, fontname="{FONT}", fontsize=13, fontcolor="{theme.INK}"];',
            f'edge [fontname="{FONT}", fontsize=14, fontcolor="{theme.BLUE}", arrowsize=0.7];',
            *(_node(room) for room in plan.rooms.values()),
            *_rows(plan),
            *_arrows(plan),
            "}",
        ]
    )


def in_words(plan: Plan) -> str:
    """The picture for those who do not see it."""
    rooms = plan.rooms
    walk = "; ".join(f"{rooms[source].title} to {rooms[target].title}" for source, target, _ in plan.walk)
    known = "; ".join(
        f"{rooms[source].title} imports {rooms[target].title}" for source, target in reduced(imports(plan))
    )
    return f"The walk: {walk}. {known}."


def _files(plan: Plan, room: Room) -> Iterator[Path]:
    """The Python files of a room, without those of another room inside it."""
    others = {ROOT / path for one in plan.rooms.values() if one.key != room.key for path in one.paths}
    for path in (ROOT / one for one in room.paths):
        inner = {one for one in others if path in one.parents}
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            if inner.isdisjoint({file, *file.parents}):
                yield file


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room_of(plan: Plan, name: str) -> str:
    """The room that a module is in: the one with the longest path that leads to it."""
    modules = {_module(path): room.key for room in plan.rooms.values() for path in room.paths}
    holders = [module for module in modules if f"{name}.".startswith(f"{module}.")]
    return modules[max(holders, key=len)] if holders else ""


def _module(path: str) -> str:
    """What a folder or file is imported by: `lambda_src` and `src` are on the path, not in the name."""
    parts = Path(path).with_suffix("").parts
    start = next((parts.index(one) + 1 for one in ("src", "lambda_src") if one in parts), 0)
    return ".".join(parts[start:])


def _node(room: Room) -> str:
    rows = [f'<font point-size="15"><b>{escape(room.title)}</b></font>', *map(escape, room.lines)]
    lines = "".join(f'<tr><td align="left">{row}</td></tr>' for row in rows)
    frame = f'border="2" color="{room.color}" bgcolor="{theme.PAPER}" style="rounded" cellborder="0" cellpadding="6"'
    inner = f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{lines}</table>'
    return f'"{room.key}" [label=<<table {frame} cellspacing="0"><tr><td>{inner}</td></tr></table>>];'


def _rows(plan: Plan) -> Iterator[str]:
    for row in plan.rows:
        yield "{rank=same; " + " ".join(f'"{room.key}";' for room in row) + "}"
        yield from (f'"{left.key}" -> "{right.key}" [style=invis];' for left, right in pairwise(row))
    for upper, lower in pairwise(plan.rows):
        yield f'"{upper[0].key}" -> "{lower[0].key}" [style=invis, weight=100];'


def _arrows(plan: Plan) -> Iterator[str]:
    walked = {(source, target): label for source, target, label in plan.walk}
    for source, target in reduced(imports(plan)):
        if (source, target) not in walked:
            yield f'"{source}" -> "{target}" [color="{theme.LINE}", arrowsize=0.5, constraint=false];'
    for (source, target), label in walked.items():
        yield f'"{source}" -> "{target}" [penwidth=2.4, color="{theme.BLUE}", label=" {label} ", constraint=false];'
