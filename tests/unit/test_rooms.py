"""Who may know whom: the rooms of the house import only what they are allowed to."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from falconry.catalog import CONTAINERS

ROOT = Path(__file__).resolve().parents[2]
OURS = {"app", "constructs_lib", "falconry", "local_aws", "local_aws_testing", "playground", "stacks", "tests", "tools"}
LAMBDA_PACKAGES = {"authorizer", "chat", "static_page", "streaming_runtime"}
OF_LAMBDAS_RUNTIME = {"botocore", "snapshot_restore_py", "urllib3"}
"""What Lambda's Python runtime brings along; boto3's own dependencies."""


def python_files(folder: str) -> list[Path]:
    return [ROOT / folder] if folder.endswith(".py") else sorted((ROOT / folder).rglob("*.py"))


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    """Each file below `folder` with each module that it imports, by its whole name."""
    for file in python_files(folder):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                # `from falconry import settings` names a module, `from falconry.settings import load` does not.
                yield from ((file, f"{node.module}.{alias.name}") for alias in node.names)


def top(name: str) -> str:
    return name.split(".")[0]


def within(name: str, rooms: set[str]) -> bool:
    """Whether the module `name` is one of `rooms`, or in one of them."""
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("package", sorted(LAMBDA_PACKAGES))
def test_a_lambda_function_is_deployed_alone(package: str) -> None:
    allowed = {package, *sys.stdlib_module_names, *OF_LAMBDAS_RUNTIME}

    assert [(file.name, name) for file, name in imports(f"lambda_src/{package}") if top(name) not in allowed] == []


CHAT_ORDER = (
    {"chat.host"},
    {"chat.front"},
    {"chat.openapi"},
    {"chat.native", "chat.openai"},
    {"chat.generation"},
    {"chat.prompt"},
    {"chat.serving"},
    {"chat.parameters"},
    {"chat.sse"},
    {"chat.call"},
    {"chat.features"},
    {"chat.deadline", "chat.http", "chat.models"},
    {"chat.record"},
    {"chat.errors"},
)
"""The packages and modules of the front in the order in which a request passes through them."""


def chat_rank(name: str) -> int:
    return next(rank for rank, rooms in enumerate(CHAT_ORDER) if within(name, rooms))


def chat_room(name: str) -> str:
    return ".".join(name.split(".")[:2])


def test_the_front_names_a_serving_product_only_behind_the_seam() -> None:
    serving = ROOT / "lambda_src" / "chat" / "serving"
    named = re.compile("tgi|text.generation.inference", re.IGNORECASE)
    files = [file for file in (ROOT / "lambda_src" / "chat").rglob("*.py") if serving not in file.parents]

    assert [file.name for file in files if named.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("room", ["app.py", "constructs_lib", "falconry", "playground", "stacks"])
def test_only_the_catalog_names_a_container_and_its_variables(room: str) -> None:
    names = set()
    for container in CONTAINERS.values():
        variables = container.variables
        names |= {container.product, container.short_name, container.repository, variables.shards, variables.quantize}
        names |= variables.counts.keys() | container.renamed_variables.keys()
    # A variable's name in lower case is a typed property.
    named = re.compile("|".join(name if "_" in name else f"(?i:{name})" for name in names))
    catalog = ROOT / "falconry" / "catalog"
    files = [file for file in python_files(room) if catalog not in file.parents]

    assert [(file.name, named.findall(text)) for file in files if named.search(text := file.read_text())] == []


def test_the_fronts_packages_import_only_what_stands_after_them() -> None:
    wrong = []
    for file, name in imports("lambda_src/chat"):
        module = ".".join(file.relative_to(ROOT / "lambda_src").with_suffix("").parts)
        if top(name) != "chat" or chat_room(module) == chat_room(name):
            continue
        if chat_rank(module) >= chat_rank(name):
            wrong.append((module, name))

    assert wrong == []


@pytest.mark.parametrize("package", ["falconry/catalog", "falconry/settings"])
def test_no_module_imports_itself_in_a_circle(package: str) -> None:
    """Wherever the import stands: at the top, in a function or for type checking only."""
    modules = {module_name(file) for file in (ROOT / package).rglob("*.py")}
    graph: dict[str, set[str]] = {module: set() for module in modules}
    for file, name in imports(package):
        graph[module_name(file)] |= {name if name in modules else name.rpartition(".")[0]} & modules

    # Raises CycleError, which names the circle.
    order = list(TopologicalSorter(graph).static_order())

    assert len(order) > 10


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


CDK = {"aws_cdk", "constructs"}
COMMAND = {
    f"falconry.{path.stem}"
    for path in (ROOT / "falconry").iterdir()
    if path.stem not in {"__init__", "__pycache__", "catalog", "did_you_mean", "names", "settings"}
}
"""The parts of falconry that the CDK app does not know."""


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("app.py", {"local_aws", "tests", "tools"}),
        ("stacks", {"local_aws", "tests", "tools"} | COMMAND),
        ("constructs_lib", {"falconry.settings", "local_aws", "playground", "stacks", "tests", "tools"} | COMMAND),
        ("playground", OURS - {"falconry", "playground"} | {"falconry.settings"} | COMMAND),
        ("falconry", {"constructs_lib", "local_aws", "playground", "stacks", "tests", "tools"} | CDK),
        ("falconry/names.py", OURS),
        ("falconry/catalog", OURS - {"falconry"} | {"falconry.names", "falconry.settings"} | COMMAND),
        ("falconry/settings", OURS - {"falconry"} | COMMAND),
        ("falconry/delivery", OURS - {"falconry"} | {"falconry.catalog", "falconry.settings"}),
        (
            "local_aws/src",
            {"local_aws_testing", "constructs_lib", "playground", "stacks", "tests", "tools"} | CDK | COMMAND,
        ),
        ("local_aws/tests", OURS - {"local_aws", "local_aws_testing"} | {"chat", "authorizer"}),
        ("tools", {"local_aws_testing", "tests"}),
        ("tools/pictures", OURS - {"falconry", "tools"} | {"falconry.settings"} | COMMAND - {"falconry.assembly"}),
        ("falconry/assembly", OURS - {"falconry"} | COMMAND - {"falconry.assembly", "falconry.errors"}),
    ],
)
def test_a_room_does_not_know(room: str, forbidden: set[str]) -> None:
    assert [(file.name, name) for file, name in imports(room) if within(name, forbidden)] == []


def test_the_emulated_aws_knows_this_project_in_one_folder_only() -> None:
    source = ROOT / "local_aws" / "src" / "local_aws"
    told = {source / "extensions", source / "model_server" / "tiny_falcon"}
    files = [file for file in sorted(source.rglob("*.py")) if told.isdisjoint(file.parents)]
    ours = OURS - {"local_aws"} | LAMBDA_PACKAGES

    assert [file.name for file in files if "falconry" in file.read_text(encoding="utf-8").lower()] == []
    for file in files:
        assert [name for _, name in imports(str(file.relative_to(ROOT))) if within(name, ours)] == []


def test_no_two_public_classes_have_one_name() -> None:
    files = [file for room in ("constructs_lib", "falconry", "stacks") for file in sorted((ROOT / room).rglob("*.py"))]
    homes: dict[str, list[str]] = {}
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(file.relative_to(ROOT)))

    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


@pytest.mark.parametrize("command", ["comment", "previous"])
def test_a_workflows_job_runs_it_before_anything_is_installed(command: str) -> None:
    needed, todo = set(), {command, "__init__"}
    while todo:
        module = todo.pop()
        needed.add(module)
        tree = ast.parse((ROOT / "falconry" / "delivery" / f"{module}.py").read_text(encoding="utf-8"))
        ours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        todo |= {name.split(".")[2] for name in ours if name.startswith("falconry.delivery.")} - needed

    found = [(file.name, name) for file, name in imports("falconry/delivery") if file.stem in needed]

    assert [one for one in found if not within(one[1], {"falconry.delivery", *sys.stdlib_module_names})] == []
