"""Checks of the weights: that they are where SageMaker fetches them, and complete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from falconry.account import caller_identity
from falconry.aws_errors import code_of
from falconry.catalog import Weights
from falconry.deployment.sources import sources
from falconry.preflight.check import Check, failed, ok
from falconry.settings import Model
from falconry.text import plural, size

if TYPE_CHECKING:
    from falconry.target import Target

_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
"""What lists the files that weights are split over, as `save_pretrained` writes it."""

_ENDINGS = (".safetensors", ".bin")
_GONE = ("404", "NoSuchKey", "NotFound", "NoSuchBucket")


def weights(target: Target) -> Sequence[Check]:
    """A check for each model."""
    where = sources(target, caller_identity(target).account)
    return [_check(target, model, where[model.name]) for model in target.settings.models]


def _check(target: Target, model: Model, where: Weights | None) -> Check:
    subject = f"weights of {model.name}"
    mend = _mend(target, model)
    if where is None:
        parameter = target.settings.names.artifact_parameter(model.name)
        return failed(subject, f"no complete copy is published: the parameter {parameter} does not exist", mend)
    s3 = target.client("s3")
    try:
        if where.s3_data_type == "S3Object":
            length = s3.head_object(Bucket=where.bucket, Key=where.key)["ContentLength"]
            return ok(subject, f"an archive of {size(length)} in {where.bucket}")
        return _folder(s3, where, subject, mend)
    except ClientError as error:
        if code_of(error) in _GONE:
            what = "the bucket does not exist" if code_of(error) == "NoSuchBucket" else "it does not exist"
            return failed(subject, f"{where.uri}: {what}", mend)
        raise


def _folder(s3: Any, where: Weights, subject: str, mend: str) -> Check:
    files: dict[str, int] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=where.key):
        files |= {item["Key"].removeprefix(where.key): item["Size"] for item in page.get("Contents", [])}
    if not files:
        return failed(subject, f"{where.uri}: no objects found", mend)
    missing = _missing(s3, where, files)
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        return failed(subject, f"{where.uri} is incomplete: {shown} missing", mend)
    return ok(subject, f"{plural(len(files), 'file')}, {size(sum(files.values()))} in {where.bucket}")


def _missing(s3: Any, where: Weights, files: dict[str, int]) -> list[str]:
    """Files that a container needs and would not find."""
    missing = [name for name in ("config.json",) if name not in files]
    indexes = [name for name in _INDEXES if name in files]
    for name in indexes:
        index = json.load(s3.get_object(Bucket=where.bucket, Key=f"{where.key}{name}")["Body"])
        missing += sorted(set(index.get("weight_map", {}).values()) - files.keys())
    if not indexes and not any(name.endswith(_ENDINGS) for name in files):
        missing.append("*.safetensors")
    return missing


def _mend(target: Target, model: Model) -> str:
    if model.model_data == "jumpstart":
        return (
            f"JumpStart may not offer {model.name} in {target.settings.region}. Set `model_data: artifact_bucket` "
            "and copy the weights with `falconry mirror`, or use another region."
        )
    network = target.settings.names.stack("network")
    return (
        f"npx cdk deploy {network} -c config={target.config}, then falconry mirror {target.config} --model {model.name}"
    )
