"""Sources of the weights of a deployment's models, as published in the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from falconry.aws_errors import code_of
from falconry.catalog import Weights
from falconry.settings import Model, containers

if TYPE_CHECKING:
    from falconry.target import Target


def sources(target: Target, account: str) -> Mapping[str, Weights | None]:
    """The weights of each model of the config by name; None where a deploy has to wait for `falconry mirror`."""
    bucket = target.settings.names.artifact_bucket(account, target.settings.region)
    return {
        model.name: containers.weights(
            target.settings, model, artifact_bucket=bucket, published=_published(target, model)
        )
        for model in target.settings.models
    }


def _published(target: Target, model: Model) -> str | None:
    if model.model_data == "jumpstart":
        return None
    try:
        answer = target.client("ssm").get_parameter(Name=target.settings.names.artifact_parameter(model.name))
    except ClientError as error:
        if code_of(error) == "ParameterNotFound":
            return None
        raise
    return str(answer["Parameter"]["Value"])
