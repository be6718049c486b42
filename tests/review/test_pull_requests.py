"""What a reviewer is told of pull requests: verdict, exit code, comment; and that `cdk diff` agrees on replacement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from falconry.app import app
from falconry.assembly.cloud_assembly import CloudAssembly, Stack, read
from falconry.review.markdown import LONGEST, MARKER
from falconry.review.report import Verdict
from falconry.review.resources import Action, changed_resources

from . import cdk_diff
from .assemblies import Assemblies
from .pull_requests import EXIT_CODES, NAME, PULL_REQUESTS
from .write import golden


@pytest.fixture(scope="module")
def assemblies(tmp_path_factory: pytest.TempPathFactory) -> Assemblies:
    return Assemblies(tmp_path_factory.mktemp("assemblies"))


def run(base: Path, head: Path, *options: str) -> tuple[int, str]:
    """Exit code and output of the command."""
    result = CliRunner().invoke(app, ["review", "--base", str(base), "--head", str(head), *options])
    return result.exit_code, result.stdout


@pytest.mark.parametrize("name", PULL_REQUESTS)
def test_the_reviewer_is_told(name: str, assemblies: Assemblies) -> None:
    request = PULL_REQUESTS[name]

    code, comment = run(*assemblies.pair(name))

    assert comment.startswith(f"{MARKER}\n## ")
    shown = comment.partition("Property changes</summary>")[0] if name != "tags" else comment
    assert [words for words in request.said if words not in shown] == []
    assert code == EXIT_CODES[request.verdict]
    assert ("### Dangers" in comment) == (request.verdict == Verdict.DANGER)
    assert comment == golden(name).read_text(encoding="utf-8"), (
        "The comment is another. If that is meant: `make review-pages`, and read what `git diff` says."
    )


def test_cdk_diff_agrees_on_what_becomes_of_each_resource(assemblies: Assemblies, tmp_path: Path) -> None:
    # GIVEN every stack that a pull request changes, and that has a name of its own on both sides
    comparisons, ours = [], []
    for name in PULL_REQUESTS:
        base, head = (folder / f"{NAME}.out" for folder in assemblies.pair(name))
        if not head.exists():
            continue
        old, new = read(base).stacks, read(head).stacks
        for stack in old.keys() & new.keys():
            if old[stack].resources != new[stack].resources:
                template = str(base / f"{stack}.template.json")
                comparisons.append(cdk_diff.Comparison(str(head), template, stack))
                ours.append((name, stack, _verdicts(old[stack], new[stack])))

    # WHEN the CDK's own engine compares their templates
    theirs = cdk_diff.run(comparisons, tmp_path)

    # THEN it says the same of every resource that comes, goes or is replaced
    expected = [(name, stack, _heavy(verdicts)) for (name, stack, _), verdicts in zip(ours, theirs, strict=True)]
    assert [(name, stack, _heavy(verdicts)) for name, stack, verdicts in ours] == expected
    assert {action for _, _, verdicts in expected for action in verdicts.values()} >= {
        Action.ADDED,
        Action.REMOVED,
        Action.LEFT_BEHIND,
        Action.REPLACED,
    }


def _verdicts(old: Stack, new: Stack) -> Mapping[str, Action]:
    changes = changed_resources(CloudAssembly({old.name: old}), CloudAssembly({new.name: new}))
    return {change.logical_id: change.action for change in changes}


def _heavy(verdicts: Mapping[str, Action]) -> dict[str, Action]:
    return {logical_id: action for logical_id, action in sorted(verdicts.items()) if action != Action.CHANGED}


def test_a_danger_can_be_allowed(assemblies: Assemblies) -> None:
    code, comment = run(*assemblies.pair("config-renamed"), "--allow-danger")

    assert code == 0
    assert "The dangers below were allowed for this pull request." in comment


def test_but_a_config_that_cannot_be_synthesized_cannot(assemblies: Assemblies) -> None:
    code, _ = run(*assemblies.pair("typo"), "--allow-danger")

    assert code == 1


def test_scripts_get_json_in_a_file(assemblies: Assemblies, tmp_path: Path) -> None:
    output = tmp_path / "review.json"

    code, printed = run(*assemblies.pair("scale-to-zero"), "--json", "--output", str(output))

    assert (code, printed) == (2, "")
    (deployment,) = json.loads(output.read_text(encoding="utf-8"))["deployments"]
    assert deployment["verdict"] == "danger"
    replaced = [one for one in deployment["endpoints"] if one["what"] == "replaced"]
    assert [one["interrupted"] for one in replaced] == [True]
    assert {"stack", "path", "type", "action", "properties"} <= deployment["resources"][0].keys()


def test_one_assembly_is_compared_without_a_folder_around_it(assemblies: Assemblies) -> None:
    base, head = (folder / f"{NAME}.out" for folder in assemblies.pair("quota-raised"))

    code, comment = run(base, head)

    assert code == 0
    assert "Higher limits: 5,000 requests per month (was 1,000)" in comment


def test_a_config_that_comes_and_one_that_goes_are_told_apart(assemblies: Assemblies, tmp_path: Path) -> None:
    # GIVEN two configs before, and one of them with another beside it after
    before, after = (folder / f"{NAME}.out" for folder in assemblies.pair("config-renamed"))
    for side, names in (("base", {"shop": before, "kept": before}), ("head", {"kept": before, "store": after})):
        (tmp_path / side).mkdir()
        for name, assembly in names.items():
            (tmp_path / side / f"{name}.out").symlink_to(assembly)

    # WHEN all are compared at once
    code, comment = run(tmp_path / "base", tmp_path / "head")

    # THEN the one that goes is a danger, by name, and the one that stays is one line
    assert code == 2
    stacks = ", ".join(f"falconry-shop-{stack}" for stack in ("network", "models", "api", "operations"))
    assert f"1. **shop: {stacks}:** These stacks" in comment
    assert "### store" in comment
    assert "Unchanged: `kept`." in comment


def test_a_comment_never_exceeds_what_github_takes(assemblies: Assemblies, tmp_path: Path) -> None:
    base, head = (folder / f"{NAME}.out" for folder in assemblies.pair("cors-opened"))
    for side, assembly in (("base", base), ("head", head)):
        (tmp_path / side).mkdir()
        for number in range(40):
            (tmp_path / side / f"config-{number}.out").symlink_to(assembly)

    _, comment = run(tmp_path / "base", tmp_path / "head")

    assert len(comment) <= LONGEST + 100
    assert comment.startswith(f"{MARKER}\n## ⚠️ 40 warnings")
    assert comment.count("<details>") == comment.count("</details>")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({}, "has neither manifest.json nor folders NAME.out"),
        ({"manifest.json": "{"}, "is not JSON"),
        ({"manifest.json": "[]"}, "has no `artifacts`"),
        ({"manifest.json": '{"artifacts": {}}'}, "has no stacks"),
    ],
)
def test_what_is_no_assembly_is_refused_with_a_sentence(
    content: dict[str, str], complaint: str, assemblies: Assemblies, tmp_path: Path
) -> None:
    base, _ = assemblies.pair("tags")
    (tmp_path / "notes.txt").write_text("not an assembly")
    for name, text in content.items():
        (tmp_path / name).write_text(text)

    result = CliRunner().invoke(app, ["review", "--base", str(base), "--head", str(tmp_path)])

    assert result.exit_code == 1
    assert complaint in result.stderr
