"""Synthesis in the tests' own process, and copies of the project to synthesize elsewhere."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from falconry.cdk import NODE
from falconry.cdk import ROOT as ROOT

os.environ.setdefault("JSII_NODE", str(NODE))

# After the variable, since importing the CDK starts its Node process.
from aws_cdk import App

from falconry import settings
from stacks.deployment import add_deployment

CONTEXT = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]

SIX_MODELS = """\
models:
  - {name: falcon-7b}
  - {name: falcon-7b-instruct}
  - {name: falcon-40b}
  - {name: falcon-40b-instruct}
  - {name: falcon-180b, accept_license: true}
  - {name: falcon-180b-chat, accept_license: true}
"""
"""Every model of the catalog, each on its default instance type."""

SOURCES = (
    "app.py",
    "cdk.json",
    "config",
    "constructs_lib",
    "falconry",
    "lambda_src",
    "playground",
    "stacks",
)
"""What synthesis reads of the project."""


def new_app(outdir: Path, *, checked: bool = False) -> App:
    """An app with the context of cdk.json, as the CDK CLI would hand it.

    The CDK's own check of the templates is half of a synthesis. Only `make check` wants it, for every config once.
    """
    return App(context=CONTEXT, outdir=str(outdir), builtin_cloud_formation_validation=checked)


def config_file(folder: Path, text: str, name: str = "test") -> Path:
    """A config file with the given content."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def synthesize_file(config: Path, output: Path, *, checked: bool = False) -> Path:
    """The assembly of a config file, in the folder `output`."""
    app = new_app(output, checked=checked)
    add_deployment(app, settings.load(config))
    app.synth()
    return output


def copy_project(folder: Path) -> Path:
    """The `SOURCES`, in a new folder."""
    folder.mkdir()
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder
