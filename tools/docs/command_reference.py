"""`python -m tools.docs.command_reference`: the page docs/command-line.md, generated from the command's own help.

With `--check` it writes nothing and fails where the page is not what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from falconry.app import app
from tools.docs.generated import write_or_check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "command-line.md"

_INTRODUCTION = """\
# The falconry command

`make setup` puts it at `.venv/bin/falconry`.

{}

**Needs an AWS account.** With `--local`, the examples also work against what `make local` runs.

This page is generated from `falconry COMMAND --help` by `make reference`.
"""


def page() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(app)
    parts = [_INTRODUCTION.format(_text(root.help))]
    parts += [_command(f"falconry {name}", command) for name, command in _commands(root)]
    return "\n".join(parts)


def _commands(group: Any, before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, command in group.commands.items():
        found.append((f"{before}{name}", command))
        if hasattr(command, "commands"):
            found += _commands(command, f"{before}{name} ")
    return found


def _command(name: str, command: Any) -> str:
    lines = [f"## {name}", "", _text(command.help), ""]
    rows = [_row(parameter) for parameter in command.params if parameter.name != "help"]
    if rows:
        lines += ["| | |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = parameter.metavar or parameter.name.upper()
    else:
        name = ", ".join(parameter.opts) + (f" {parameter.metavar}" if parameter.metavar else "")
    variable = f" Or the variable {parameter.envvar}." if getattr(parameter, "envvar", None) else ""
    return f"| `{name}` | {str(parameter.help).replace('|', chr(92) + '|')}{variable} |"


def _text(text: str) -> str:
    """Help as Markdown: blocks of examples, whose first line is a command, become code."""
    blocks = []
    for paragraph in (text or "").strip().split("\n\n"):
        lines = [line.strip("\b") for line in paragraph.splitlines() if line.strip("\b")]
        is_code = "\b" in paragraph and any(line.startswith(("falconry ", "export ", "KEY=")) for line in lines)
        blocks.append("\n".join(f"    {line}" for line in lines) if is_code else "\n".join(lines))
    return "\n\n".join(blocks)


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}))
