"""Who may know whom: the rooms of the house import only what they are allowed to."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = {
    "app",
    "bench",
    "catalog",
    "constructs_lib",
    "delivery",
    "falconry",
    "local_aws",
    "pictures",
    "playground",
    "settings",
    "stacks",
    "tests",
}
LAMBDA_PACKAGES = {"authorizer", "chat", "static_page", "streaming_runtime"}
OF_LAMBDAS_RUNTIME = {"botocore", "snapshot_restore_py", "urllib3"}
"""What Lambda's Python runtime brings along; boto3's own dependencies."""


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    """Each file below `folder` with each top-level module that it imports."""
    files = [ROOT / folder] if folder.endswith(".py") else sorted((ROOT / folder).rglob("*.py"))
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name.split(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield file, node.module.split(".")[0]


@pytest.mark.parametrize("package", sorted(LAMBDA_PACKAGES))
def test_a_lambda_function_is_deployed_alone(package: str) -> None:
    allowed = {package, *sys.stdlib_module_names, *OF_LAMBDAS_RUNTIME}

    assert [(file.name, name) for file, name in imports(f"lambda_src/{package}") if name not in allowed] == []


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("catalog", OURS - {"catalog"}),
        ("constructs_lib", {"playground", "settings", "stacks", "local_aws"}),
        ("playground", OURS - {"catalog", "playground"}),
        ("stacks", {"local_aws"}),
        ("local_aws", {"aws_cdk", "constructs", "constructs_lib", "stacks"}),
        ("falconry", {"aws_cdk", "constructs", "constructs_lib", "local_aws", "stacks", "tests", "bench"}),
        ("settings", {"aws_cdk", "constructs", "constructs_lib", "falconry", "local_aws", "stacks"}),
        ("local_aws", {"falconry"}),
        ("stacks", {"tests", "bench"}),
        ("local_aws", {"tests", "bench"}),
        ("bench", {"tests"}),
        ("constructs_lib", {"falconry"}),
        ("stacks", {"falconry"}),
        ("delivery", OURS - {"delivery"}),
        ("pictures", OURS - {"catalog", "pictures"}),
    ],
)
def test_a_room_does_not_know(room: str, forbidden: set[str]) -> None:
    assert [(file.name, name) for file, name in imports(room) if name in forbidden] == []


@pytest.mark.parametrize("command", ["comment", "previous"])
def test_a_workflows_job_runs_it_before_anything_is_installed(command: str) -> None:
    needed, todo = set(), {command, "__init__"}
    while todo:
        module = todo.pop()
        needed.add(module)
        tree = ast.parse((ROOT / "delivery" / f"{module}.py").read_text(encoding="utf-8"))
        ours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        todo |= {name.split(".")[1] for name in ours if name.startswith("delivery.")} - needed

    found = [(file.name, name) for file, name in imports("delivery") if file.stem in needed]

    assert [one for one in found if one[1] not in {"delivery", *sys.stdlib_module_names}] == []
