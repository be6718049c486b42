"""The catalog's rows, rebuilt by the SDK from a JumpStart manifest on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from falconry.catalog import refresh

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
CATALOG: dict[str, Any] = json.loads(refresh.DATA.read_text(encoding="utf-8"))


def specification(row: dict[str, Any]) -> dict[str, Any]:
    """A JumpStart model specification that says what `row` of the catalog says."""
    variables = {**row["environment"], **dict.fromkeys(refresh.LEFT_OUT, "20")}
    variants: dict[str, Any] = {
        instance_type.split(".")[1]: {"regional_properties": {"image_uri": "$image"}}
        for instance_type in row["supported_instance_types"]
    }
    for instance_type, changes in row["environment_by_instance_type"].items():
        variants[instance_type] = {"properties": {"environment_variables": changes}}
    return {
        "model_id": row["jumpstart_model_id"],
        "version": row["jumpstart_version"],
        "min_sdk_version": "2.175.0",
        "hosting_ecr_specs": {"framework": "huggingface-llm", "framework_version": "2.4.0", "py_version": "py311"},
        "hosting_artifact_key": "unpacked/model.tar.gz",
        "hosting_script_key": "source/inference.tar.gz",
        "hosting_prepacked_artifact_key": row["model_data_key"],
        "hosting_use_script_uri": False,
        "hosting_instance_type_variants": {
            "regional_aliases": {"us-east-1": {"image": f"{REGISTRY}/{row['image']}"}},
            "variants": variants,
        },
        "inference_environment_variables": [
            {"name": name, "type": "text", "default": value, "scope": "container", "required_for_model_class": True}
            for name, value in variables.items()
        ],
        "default_inference_instance_type": row["default_instance_type"],
        "supported_inference_instance_types": row["supported_instance_types"],
    }


Publish = Callable[[dict[str, Any]], None]


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Makes JumpStart's manifest say what rows of the catalog say."""
    for variable in ("MANIFEST", "SPECS"):
        monkeypatch.setenv(f"AWS_JUMPSTART_{variable}_LOCAL_ROOT_DIR_OVERRIDE", str(tmp_path))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    def write(rows: dict[str, Any]) -> None:
        manifest = []
        for row in rows.values():
            key = f"{row['jumpstart_model_id']}.json"
            (tmp_path / key).write_text(json.dumps(specification(row)), encoding="utf-8")
            manifest.append(
                {
                    "model_id": row["jumpstart_model_id"],
                    "version": row["jumpstart_version"],
                    "min_version": "2.175.0",
                    "spec_key": key,
                    "search_keywords": [],
                }
            )
        (tmp_path / "models_manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        # The SDK keeps what it read for hours.
        accessors: Any = import_module("sagemaker.core.jumpstart.accessors")
        accessors.JumpStartModelsAccessor.reset_cache()

    return write


def test_an_unchanged_manifest_gives_the_catalog_again(publish: Publish, tmp_path: Path) -> None:
    publish(CATALOG["models"])
    output = tmp_path / "out.json"
    assert refresh.main(["--output", str(output)]) == 0
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["models"] == CATALOG["models"]
    assert written["dimensions"] == CATALOG["dimensions"]


def test_a_new_version_is_taken_over(publish: Publish, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new: dict[str, Any] = json.loads(json.dumps(CATALOG["models"]))
    row = new["falcon-40b"]
    row["jumpstart_version"] = "9.0.0"
    row["image"] = "huggingface-pytorch-tgi-inference:2.7.0-tgi3.3.6-gpu-py311-cu124-ubuntu22.04"
    row["supported_instance_types"] = ["ml.g5.48xlarge", "ml.p5.48xlarge"]
    row["model_data_key"] = "prepacked/falcon-40b.tar.gz"
    row["s3_data_type"], row["compression_type"] = "S3Object", "Gzip"
    row["environment"]["MAX_INPUT_LENGTH"] = "2047"
    row["environment_by_instance_type"] = {"ml.p5.48xlarge": {"SM_NUM_GPUS": "8"}}
    publish(new)
    output = tmp_path / "out.json"
    assert refresh.main(["--output", str(output)]) == 0
    assert json.loads(output.read_text(encoding="utf-8"))["models"] == new
    printed = capsys.readouterr().out
    assert "falcon-40b: changed jumpstart_version, image," in printed
    assert "falcon-180b: as before" in printed
