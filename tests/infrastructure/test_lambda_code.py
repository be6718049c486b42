"""What is deployed of lambda_src: the named packages, whole, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App, Stack

from constructs_lib.api import lambda_code


def test_a_packages_folder_is_deployed_though_another_package_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "lambda_src"
    for name in (
        "chat/handler.py",
        "chat/authorizer/roles.py",
        "chat/__pycache__/handler.pyc",
        "chat/authorizer/__pycache__/roles.pyc",
        "authorizer/handler.py",
    ):
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    monkeypatch.setattr(lambda_code, "LAMBDA_SRC", source)

    stack = Stack(App(outdir=str(tmp_path / "out")), "Stack")
    lambda_code.lambda_code("chat").bind(stack)

    (asset,) = (tmp_path / "out").glob("asset.*")
    files = sorted(str(file.relative_to(asset)) for file in asset.rglob("*") if file.is_file())
    assert files == ["chat/authorizer/roles.py", "chat/handler.py"]
