"""`python -m tests.notebook.execute INPUT OUTPUT`: runs a notebook from top to bottom, up to the first error.

What ran is written to OUTPUT. Where AWS is emulated, OUTPUT's metadata say under `left` what the account holds
afterwards.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"

CELL_TIMEOUT = 300
"""Seconds, for the cell that deploys."""


def execute(source: Path, target: Path) -> bool:
    """Run the notebook at `source`, write it to `target`; whether all cells ran."""
    nbformat: Any = import_module("nbformat")
    nbclient: Any = import_module("nbclient")
    notebook = nbformat.read(source, 4)
    client = nbclient.NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
        coalesce_streams=True,
    )
    try:
        client.execute()
        return True
    except nbclient.exceptions.CellExecutionError:
        return False
    finally:
        if "AWS_ENDPOINT_URL" in os.environ:
            notebook.metadata["left"] = left()
        nbformat.write(notebook, target)


def left() -> dict[str, list[str]]:
    """Names of what the account holds and a notebook could have made."""
    sagemaker, iam = boto3.client("sagemaker"), boto3.client("iam")
    return {
        "endpoints": [one["EndpointName"] for one in sagemaker.list_endpoints()["Endpoints"]],
        "endpoint configs": [one["EndpointConfigName"] for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]],
        "models": [one["ModelName"] for one in sagemaker.list_models()["Models"]],
        "stacks": [one["StackName"] for one in boto3.client("cloudformation").describe_stacks()["Stacks"]],
        "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "keys": [one["name"] for one in boto3.client("apigateway").get_api_keys()["items"]],
        "log groups": [one["logGroupName"] for one in boto3.client("logs").describe_log_groups()["logGroups"]],
    }


if __name__ == "__main__":
    sys.exit(0 if execute(Path(sys.argv[1]), Path(sys.argv[2])) else 1)
