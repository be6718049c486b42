"""What a deploy with weights of its own asks for, in an AWS where no weights are."""

from __future__ import annotations

import boto3

from falconry.names import artifact_prefix
from falconry.settings import Settings
from local_aws.cdk import aws_environment


def publish_weights(settings: Settings, aws_url: str) -> None:
    """Names a copy of the weights of each model that takes them from the artifact bucket, as `falconry mirror` does
    when it has made one. The emulated SageMaker fetches none."""
    environment = aws_environment(aws_url, settings.region)
    session = boto3.Session(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])
    for model in settings.models:
        if model.model_data == "artifact_bucket":
            session.client("ssm", region_name=settings.region, endpoint_url=aws_url).put_parameter(
                Name=settings.names.artifact_parameter(model.name),
                Type="StringList",
                Value=f"{artifact_prefix(model.name)}emulated/,S3Prefix,None",
            )
