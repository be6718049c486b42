"""Synthesizes settings in this process, for tests that look at templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from falconry.assembly.cloud_assembly import read
from falconry.names import STACKS, DeploymentNames
from tests.synthesis import CONTEXT, ROOT, SIX_MODELS, config_file, new_app, synthesize_file

__all__ = ["CONTEXT", "ROOT", "Deployment", "Template", "config_file", "new_app"]


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


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Deployment]:
    """Config file to templates; each file is synthesized once."""
    known: dict[Path, Deployment] = {}

    def run(path: Path) -> Deployment:
        if path not in known:
            stacks = read(synthesize_file(path, tmp_path_factory.mktemp("cdk.out"))).stacks
            names = DeploymentNames(path.stem)
            known[path] = Deployment(*(Template(stacks[names.stack(kind)].template) for kind in STACKS))
        return known[path]

    return run


@pytest.fixture(scope="session")
def falcon_180b(synthesize: Callable[[Path], Deployment]) -> Deployment:
    """The default config."""
    return synthesize(ROOT / "config" / "falcon-180b.yaml")


@pytest.fixture(scope="session")
def six_models(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Every model of the catalog in one config, each on its default instance type."""
    text = f"region: us-west-2\n{SIX_MODELS}"
    return synthesize(config_file(tmp_path_factory.mktemp("config"), text, "six"))
