"""Falconry, as local_aws knows it: the only folder here that imports it or writes one of its names.

Comes in: the name of a config. Goes out: objects of the types in `local_aws.project`, and the constants below. The rest
of local_aws imports this package and none of its modules, except that the embedded model's training reads
`training_texts`. To emulate AWS for another project, replace this folder.
"""

from __future__ import annotations

from pathlib import Path

from local_aws.project import Account, Deployment

ROOT = Path(__file__).resolve().parents[4]
"""The project's folder: `cdk.json`, and `node_modules` with the CDK's command line."""

API_URL_VARIABLE = "FALCONRY_API_URL"
"""The variable that tells a command where the deployed REST API is served."""

DEFAULT_CONFIG = "falcon-180b"
CONFIG_HELP = "name of a file in config/, or a path ending in .yaml"


def account() -> Account:
    """The account that the control plane starts with."""
    # Here, so that a process that only wants a constant does not load the catalog; `deployment` likewise.
    from local_aws.extensions.account import CatalogAccount

    return CatalogAccount()


def deployment(config: str) -> Deployment:
    """The deployment of a config, given as the command line gives it.

    Raises:
        ProjectError: the config cannot be used.
    """
    from local_aws.extensions.deployment import FalconryDeployment

    return FalconryDeployment(config)
