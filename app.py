"""Synthesize the stacks of one config file: `cdk synth -c config=dev` reads config/dev.yaml; a path ends in .yaml."""

from __future__ import annotations

import os
import sys

from stacks import fast_synthesis

NO_STACK_TRACES = {"aws:cdk:disable-creation-stack-traces": True}
"""A stack trace per resource would put the random folder of the CDK's Node process into the assembly's metadata."""


def main() -> None:
    """Write the cloud assembly of the config that the context names. Exits with the mistakes in it, if any."""
    # The CDK CLI asks for a file of timings, and no two runs would give the same bytes.
    os.environ.pop("CDK_PERF_COUNTERS_FILE", None)
    fast_synthesis.begin("falconry.settings")
    # Imported here, since importing the CDK starts its Node process.
    from aws_cdk import App

    from falconry import settings
    from stacks.deployment import add_deployment

    app = App(context=NO_STACK_TRACES)
    config = settings.config_path(app.node.get_context("config"))
    emulated = bool(app.node.try_get_context("emulated"))
    try:
        deployment = settings.load(config, licenses_needed=not emulated)
    except settings.SettingsError as error:
        sys.exit(str(error))
    add_deployment(app, settings.emulated(deployment) if emulated else deployment)
    app.synth()
    fast_synthesis.end()


if __name__ == "__main__":
    main()
