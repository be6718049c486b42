"""The `falconry` command as it stands in a terminal and in a script, without an AWS account."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

import pytest

from tests.falconry_support import NOWHERE, ROOT, falconry
from tests.unit.falconry_golden import COMMANDS, WIDTHS, actual, expected


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    environment = {**os.environ, **NOWHERE}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=environment)
    return run.stdout.strip()


SUBCOMMANDS = ("models", "plan", "preflight", "status", "logs")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", COMMANDS)
def test_prints_what_was_looked_at(name: str, width: int) -> None:
    found = actual(name, width)

    assert found == expected(name, width).read_text(encoding="utf-8")
    assert max(len(line) for line in found.splitlines()) <= width


@pytest.mark.parametrize("subcommand", SUBCOMMANDS)
def test_help_has_examples_and_names_every_option(subcommand: str) -> None:
    finished = falconry(subcommand, "--help")

    assert finished.returncode == 0
    assert "Examples:" in finished.stdout
    assert f"falconry {subcommand}" in finished.stdout
    assert "--json" in finished.stdout


def test_help_loads_neither_the_cdk_nor_boto3_nor_the_settings() -> None:
    # GIVEN what makes a start slow
    heavy = ["aws_cdk", "jsii", "boto3", "botocore", "pydantic", "rich", "yaml"]

    # WHEN every subcommand is known
    code = f"import sys, falconry.app; print([name for name in {heavy} if name in sys.modules])"
    loaded = python(code)

    # THEN none of it is loaded
    assert loaded == "[]"


def test_no_module_of_the_command_loads_the_cdk() -> None:
    modules = [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in sorted((ROOT / "falconry").rglob("*.py"))
        if not file.name.startswith("__")
    ]
    code = f"import sys, importlib; [importlib.import_module(n) for n in {modules}]; print('aws_cdk' in sys.modules)"
    loaded = python(code)

    assert loaded == "False"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("models", "falcon-40b-instuct"), 1, "Did you mean falcon-40b-instruct?"),
        (("plan", "deev"), 1, "Did you mean dev?"),
        (("plan", "dev", "--tokens-per-second", "0"), 2, "--tokens-per-second"),
        (("logs", "dev", "--since", "soon"), 2, "Use 30s, 15m, 1h"),
        (("logs", "dev", "--source", "kernel"), 2, "'front', 'container', 'access', 'all'"),
        (("status", "dev"), 1, "no AWS credentials were found. Set AWS_PROFILE"),
        (("nonsense",), 2, "No such command"),
    ],
)
def test_errors_name_the_value_and_the_mend(arguments: tuple[str, ...], code: int, said: str) -> None:
    finished = falconry(*arguments)

    assert finished.returncode == code
    assert said in " ".join(finished.stderr.split())
    assert "Traceback" not in finished.stderr


def test_local_without_make_local_says_how_to_start_it() -> None:
    finished = falconry("status", "--local", local_file=ROOT / "nowhere.json")

    assert (finished.returncode, finished.stdout) == (1, "")
    assert "make local" in finished.stderr


def test_preflight_without_credentials_fails_with_one_check() -> None:
    finished = falconry("preflight", "dev", "--json")

    assert finished.returncode == 1
    (check,) = json.loads(finished.stdout)
    assert (check["subject"], check["outcome"]) == ("credentials", "failed")


def test_plan_for_scripts_has_the_numbers_of_the_plan_for_people() -> None:
    plan = json.loads(falconry("plan", "falcon-180b", "--json").stdout)

    (model,) = plan["models"]
    assert model["fits"]
    assert model["usd_per_million_tokens"] == pytest.approx(302.98, abs=0.01)
    assert plan["costs"][0]["usd_per_hour"] == 31.56
    assert plan["changes"] is None
    assert "no AWS credentials" in plan["changes_unknown_because"]


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_stand_on_a_terminal_only_and_never_with_no_color(no_color: str, coloured: bool) -> None:
    # GIVEN a terminal
    outside, inside = pty.openpty()
    environment = {**os.environ, **NOWHERE, "TERM": "xterm-256color", "NO_COLOR": no_color}
    if not no_color:
        del environment["NO_COLOR"]

    # WHEN a table is printed on it
    command = [sys.executable, "-m", "falconry", "plan", "dev"]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=inside, stderr=inside, check=True, timeout=60)
    os.close(inside)
    printed = os.read(outside, 65536).decode()
    os.close(outside)

    # THEN it has colours or not; in a pipe it has none
    assert ("\x1b[36m" in printed) is coloured
    assert "\x1b" not in falconry("plan", "dev").stdout


@pytest.mark.parametrize("arguments", [("plan", "dev"), ("plan", "dev", "--json")])
def test_a_reader_that_leaves_is_no_traceback(arguments: tuple[str, ...]) -> None:
    # GIVEN a pipe whose reader, such as `head`, has gone
    reading, writing = os.pipe()
    os.close(reading)

    # WHEN a command writes into it
    command = [sys.executable, "-m", "falconry", *arguments]
    environment = {**os.environ, **NOWHERE}
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False, timeout=60
    )
    os.close(writing)

    # THEN it ends as SIGPIPE would have ended it, and in silence
    assert (finished.returncode, finished.stderr) == (141, "")


def test_usage_has_single_brackets_and_no_name_of_a_python_type() -> None:
    for command in ("chat", "plan", "mirror", "logs", "status", "smoke", "review"):
        shown = falconry(command, "--help").stdout

        assert "[[" not in shown
        options = shown.partition("\nOptions:")[2]
        assert not re.search(r"<(str|int|float|path|list)\b", options), command
