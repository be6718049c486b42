"""What the pages say of the code is so: links, error texts, controls and their tests, configs."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest
from chat.deadline import Deadline

from falconry.catalog import INSTANCE_TYPES, MODELS
from falconry.catalog.capacity import MAXIMUM_RESERVED_CONCURRENCY
from falconry.settings import WebAclSettings, load

from .pages import ROOT, Block, blocks, pages

EVERY_PAGE = [*pages(), *sorted((ROOT / "docs" / "decisions").glob("*.md"))]
CONFIGS = [
    block for page in pages() for block in blocks(page) if block.language == "yaml" and "\nmodels:" in f"\n{block.text}"
]


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(page: Path) -> None:
    """On GitHub, where links are as they stand; `make docs` holds the same for the site."""
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            wrong.append(target)
    assert wrong == []


@functools.cache
def anchors(page: Path) -> set[str]:
    """A page's headings as GitHub names them in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_readme_is_about_one_screen() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 70


def test_there_are_configs() -> None:
    assert len(CONFIGS) >= 4


@pytest.mark.parametrize("block", CONFIGS, ids=lambda block: f"{block.page}:{block.line}")
def test_a_config_that_is_shown_is_taken(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "shown.yaml"
    file.write_text(block.text, encoding="utf-8")

    assert load(file).models


def minutes(seconds: float) -> str:
    """460.0 as "7 min 40 s"."""
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def test_the_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", (ROOT / "docs" / "limits.md").read_text(encoding="utf-8"), re.MULTILINE)
    said = dict(rows)
    model = MODELS["falcon-180b-chat"]

    assert said["requests from one address"].startswith(f"{WebAclSettings().requests_per_5_minutes:,} ")
    assert said["concurrent executions of the gateway function"] == (
        f"{model.container.concurrent_requests} per instance, at most {MAXIMUM_RESERVED_CONCURRENCY}"
    )
    assert said["concurrent requests per instance"] == str(model.container.concurrent_requests)
    assert said["prompt tokens"] == f"{model.max_input_tokens:,}"
    assert said["prompt and answer together"] == f"{model.max_total_tokens:,} tokens"
    assert said["streamed answer"] == minutes(Deadline.start(900, clock=lambda: 0.0).ends_at)
    assert said["answer that is not streamed"] == minutes(Deadline.start(900, clock=lambda: 0.0).whole_answer().ends_at)


def test_the_prices_are_those_of_the_catalog() -> None:
    page = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| Falcon \w+ on (ml\.\S+) \| \$[\d.]+ \| (\$[\d,]+) \|", page, re.MULTILINE)
    prices = {name: one.price.usd_per_hour for name, one in INSTANCE_TYPES.items() if one.price}

    assert len(rows) == 3
    assert rows == [(name, f"${round(prices[name] * 730, -2):,.0f}") for name, _ in rows]


def controls() -> list[list[str]]:
    """The rows of docs/security.md's table of threats: threat, control, and its code and test."""
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    table = text.partition("\n| threat |")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]


@pytest.mark.parametrize("row", controls(), ids=lambda row: row[0])
def test_a_control_has_its_code_and_its_test(row: list[str]) -> None:
    code, test = re.findall(r"`([^`]+)`", row[2])
    file, _, name = test.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))

    assert (ROOT / code).exists()
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def quoted(part: str) -> list[str]:
    """The texts in the first column of one part of docs/troubleshooting.md."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    rows = page.partition(f"\n## {part}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", rows, re.MULTILINE)


@functools.cache
def words_of(*folders: str) -> str:
    """Every text in the code of the folders."""
    constants = [
        node.value
        for folder in folders
        for file in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return "\n".join(constants)


OURS = {
    "On this machine": ("local_aws/src", "falconry"),
    "From a config file": ("falconry/settings", "falconry/catalog"),
    "From the API": ("lambda_src", "constructs_lib"),
    "From falconry preflight": ("falconry",),
}


@pytest.mark.parametrize(("part", "text"), [(part, text) for part in OURS for text in quoted(part)])
def test_an_error_text_of_ours_is_in_the_code(part: str, text: str) -> None:
    pieces = [piece.strip() for piece in text.split("...") if piece.strip(" .:;")]

    assert pieces
    assert [piece for piece in pieces if piece not in words_of(*OURS[part])] == []


SAID = {
    "From a config file": ("falconry/settings", "mistake", 0),
    "From the API": ("constructs_lib/api/gateway_responses.py", "GatewayErrorResponse", 4),
    "From falconry preflight": ("falconry/preflight", "failed", 1),
}
"""By part of the page: where the code says such texts, by a call of what, in which argument."""


def said(folder: str, function: str, position: int) -> list[list[str]]:
    """The fixed parts of each text that is written in such a call."""
    files = [ROOT / folder] if folder.endswith(".py") else sorted((ROOT / folder).rglob("*.py"))
    calls = [
        node
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function
    ]
    texts = []
    for call in calls:
        text = call.args[position] if len(call.args) > position else None
        values = text.values if isinstance(text, ast.JoinedStr) else [text]
        texts.append([one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)])
    return [parts for parts in texts if any(re.search(r"[a-z]{2}", part) for part in parts)]


@pytest.mark.parametrize("part", SAID)
def test_what_the_code_says_is_on_the_page(part: str) -> None:
    pieces = [piece.strip() for text in quoted(part) for piece in text.split("...") if len(piece.strip()) > 4]
    texts = said(*SAID[part])

    assert len(texts) > 6
    assert [text for text in texts if not any(piece in part for part in text for piece in pieces)] == []


def test_those_of_aws_are_kept_apart() -> None:
    assert len(quoted("CloudFormation and SageMaker")) > 10
