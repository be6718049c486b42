"""The Lambda functions' code: folders of `lambda_src`, as they are."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_

LAMBDA_SRC = Path(__file__).resolve().parents[2] / "lambda_src"

ARCHITECTURE = lambda_.Architecture.ARM_64
RUNTIME = lambda_.Runtime.PYTHON_3_14


def lambda_code(*packages: str) -> lambda_.Code:
    """An asset with the named packages of `lambda_src` and nothing else.

    The functions need no third-party package beyond the boto3 that Lambda's Python runtime brings, so there is
    nothing to build.
    """
    missing = [package for package in packages if not (LAMBDA_SRC / package).is_dir()]
    if missing:
        raise ValueError(f"packages: {', '.join(missing)}: no such folder in {LAMBDA_SRC}")
    others = sorted(entry.name for entry in LAMBDA_SRC.iterdir() if entry.name not in packages)
    return lambda_.Code.from_asset(
        str(LAMBDA_SRC),
        # Git's patterns can say "at the top only": a folder inside a package may be called like another package.
        ignore_mode=IgnoreMode.GIT,
        # Compiled files differ from machine to machine; with them the same commit would give another asset.
        exclude=[*(f"/{name}" for name in others), "__pycache__", "*.pyc"],
    )
