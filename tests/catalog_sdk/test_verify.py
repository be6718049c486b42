"""The catalog against the SDK's own tables, in every region the SDK knows."""

from __future__ import annotations

import dataclasses

import pytest

from falconry.catalog import REGIONS, verify


def test_images_buckets_and_gpus_agree_with_the_sdk() -> None:
    assert list(verify.disagreements()) == []


def test_a_wrong_registry_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = dataclasses.replace(REGIONS["eu-west-1"], image_registry="111122223333.dkr.ecr.eu-west-1.amazonaws.com")
    monkeypatch.setattr(verify, "REGIONS", {**REGIONS, "eu-west-1": wrong})
    assert verify.main() == 1
    assert capsys.readouterr().err.startswith("eu-west-1: the catalog's image is 111122223333.dkr.ecr.eu-west-1.")
