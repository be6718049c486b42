"""`python -m falconry.catalog.refresh`: rebuilds JumpStart's part of `data/models.json` with SageMaker's SDK.

Needs the packages of requirements/sagemaker.txt and credentials of any AWS account, since the SDK reads JumpStart's
bucket; or a manifest and specifications on this machine, which AWS_JUMPSTART_MANIFEST_LOCAL_ROOT_DIR_OVERRIDE and
AWS_JUMPSTART_SPECS_LOCAL_ROOT_DIR_OVERRIDE name. What JumpStart does not know (chat template, latency, license, size)
stays as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from falconry.catalog.containers import container_of

DATA = Path(__file__).parent / "data" / "models.json"

LEFT_OUT = frozenset({"SAGEMAKER_SUBMIT_DIRECTORY", "SAGEMAKER_CONTAINER_LOG_LEVEL", "SAGEMAKER_MODEL_SERVER_TIMEOUT"})
"""Variables for SageMaker's inference toolkit, which no container of the catalog runs."""


def jumpstart_row(model_id: str, region: str) -> dict[str, Any]:
    """The fields of `CatalogModel` that JumpStart decides, of the newest version of `model_id`.

    Raises:
        ModuleNotFoundError: the SDK is not installed.
        ValueError, KeyError: JumpStart in `region` has no such model, or deploys it with a container unknown here.
    """
    accessors: Any = import_module("sagemaker.core.jumpstart.accessors")
    image_uris: Any = import_module("sagemaker.core.image_uris")
    model_uris: Any = import_module("sagemaker.core.model_uris")
    specs = accessors.JumpStartModelsAccessor.get_model_specs(region=region, model_id=model_id, version="*")
    default = specs.default_inference_instance_type
    which = {"region": region, "model_id": model_id, "model_version": specs.version, "instance_type": default}
    image = image_uris.retrieve(framework=None, image_scope="inference", **which)
    container = container_of(image)
    if container is None:
        raise ValueError(f"{model_id}: data/containers.json has no container for the image {image}")
    # "s3://bucket/folder/" or "s3://bucket/archive.tar.gz"
    key = model_uris.retrieve(model_scope="inference", **which).removeprefix("s3://").partition("/")[2]
    folder = key.endswith("/")
    base = _environment(model_id, specs.version, region, None)
    changes = {}
    for instance_type in specs.supported_inference_instance_types:
        here = _environment(model_id, specs.version, region, instance_type)
        changes[instance_type] = {name: value for name, value in here.items() if base.get(name) != value}
    return {
        "jumpstart_version": specs.version,
        "container": container.name,
        "image": image.partition("/")[2],
        "default_instance_type": default,
        "supported_instance_types": list(specs.supported_inference_instance_types),
        "model_data_key": key,
        "s3_data_type": "S3Prefix" if folder else "S3Object",
        "compression_type": "None" if folder else "Gzip",
        "environment": base,
        "environment_by_instance_type": {name: change for name, change in changes.items() if change},
    }


def _environment(model_id: str, version: str, region: str, instance_type: str | None) -> dict[str, str]:
    environment_variables: Any = import_module("sagemaker.core.environment_variables")
    found = environment_variables.retrieve_default(
        region=region, model_id=model_id, model_version=version, instance_type=instance_type
    )
    return {name: str(value) for name, value in sorted(found.items()) if name not in LEFT_OUT}


def refreshed(data: dict[str, Any], region: str, today: datetime) -> dict[str, Any]:
    """`data` (the content of `models.json`) with JumpStart's fields as they are in `region` now."""
    models = {name: {**row, **jumpstart_row(row["jumpstart_model_id"], region)} for name, row in data["models"].items()}
    others = data["source"].partition("; ")[2]
    source = f"SageMaker JumpStart model manifest, {region}, read {today:%Y-%m}" + (f"; {others}" if others else "")
    return {**data, "source": source, "models": models}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.catalog.refresh", description="Rebuild data/models.json.")
    parser.add_argument("--region", default="us-east-1", help="whose manifest to read (us-east-1)")
    parser.add_argument("--output", type=Path, default=DATA, help="the file to write (data/models.json beside this)")
    given = parser.parse_args(arguments)
    before = json.loads(DATA.read_text(encoding="utf-8"))
    after = refreshed(before, given.region, datetime.now(UTC))
    given.output.write_text(json.dumps(after, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, row in after["models"].items():
        changed = [field for field, value in row.items() if before["models"][name].get(field) != value]
        print(f"{name}: {'changed ' + ', '.join(changed) if changed else 'as before'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
