"""Every command in README.md and docs/*.md runs in a test, or is marked as needing an AWS account and well formed."""

from __future__ import annotations

import ast
import functools
import re
import shlex
from typing import Any

import pytest
import typer

from falconry.app import app

from .executed import ELSEWHERE, is_run
from .pages import LANGUAGES, ROOT, Block, blocks, pages

BLOCKS = [block for page in pages() for block in blocks(page)]
COMMANDS = [(block, command) for block in BLOCKS for command in block.commands]


def where(block: Block) -> str:
    return f"{block.page}:{block.line}"


def test_there_are_commands() -> None:
    marked = [command for block, command in COMMANDS if block.marked]

    assert len(COMMANDS) > 60
    assert 20 < len(marked) < len(COMMANDS)


def test_every_block_that_is_not_for_a_shell_names_its_language() -> None:
    assert [where(block) for block in BLOCKS if block.language not in LANGUAGES] == []


def test_every_command_runs_in_a_test_or_says_that_it_needs_an_aws_account() -> None:
    missing = [
        f"{where(block)}: {command}"
        for block, command in COMMANDS
        if not block.marked and not is_run(block.page, command) and elsewhere(command) is None
    ]

    assert missing == [], "run them (tests/documentation/executed.py), or write `Needs an AWS account.` above them"


def elsewhere(command: str) -> str | None:
    """What runs the command, by `ELSEWHERE`, whose keys are commands without their comments."""
    return ELSEWHERE.get(bare(command))


def bare(command: str) -> str:
    """Without a comment at its end."""
    return re.sub(r"\s+# .*$", "", command).strip()


@pytest.mark.parametrize(("command", "test"), ELSEWHERE.items())
def test_what_is_run_elsewhere_is_there_and_run_there(command: str, test: str) -> None:
    assert command in {bare(one) for _, one in COMMANDS}, f"no page has `{command}` any more: take its line out"
    file, _, name = test.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    if name.startswith("make "):
        assert re.search(rf"^ *make .*\b{name.removeprefix('make ')}\b", text, re.MULTILINE)
    else:
        functions = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
        assert name in functions


@pytest.mark.parametrize(
    ("block", "command"), COMMANDS, ids=lambda value: None if isinstance(value, str) else value.page
)
def test_a_command_is_one_that_there_is(block: Block, command: str) -> None:
    """Also those that need an account: the commands, options and targets that they name exist."""
    for found in re.findall(
        r"(?:^|[|(;&]) *(?:\.venv/bin/)?(falconry [^|)&;]*|make [^|)&;]*|npx cdk [^|)&;]*)", command
    ):
        # In the command's own help, an explanation stands behind a gap.
        words = shlex.split(re.split(r"\s{2,}(?=[^\s])", found)[0], comments=True)
        _CHECKS[words[0]](words[1:])


def _falconry(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    context = command.make_context("falconry", list(words))
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)


def _make(words: list[str]) -> None:
    for word in words:
        name, is_variable, _ = word.partition("=")
        known = _variables() if is_variable else _targets()
        assert name in known, f"the Makefile has no {name}"


def _cdk(words: list[str]) -> None:
    assert words[0] == "cdk"
    assert words[1] in {"bootstrap", "deploy", "destroy", "diff", "synth"}


_CHECKS = {"falconry": _falconry, "make": _make, "npx": _cdk}


@functools.cache
def _makefile() -> str:
    return (ROOT / "Makefile").read_text(encoding="utf-8")


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", _makefile(), re.MULTILINE))


def _variables() -> set[str]:
    return set(re.findall(r"^([A-Z_]+) \?=", _makefile(), re.MULTILINE))
