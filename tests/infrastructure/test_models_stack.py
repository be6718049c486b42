"""What SageMaker is told to serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from falconry.catalog import INSTANCE_TYPES, MODELS

from .conftest import Deployment, Template, config_file
from .policies import ACCOUNT, Request, allows, resolved, statements_of

Synthesize = Callable[[Path], Deployment]

SMALL = "region: us-east-1\nmodels:\n  - name: falcon-7b-instruct\n"


def test_default_config_serves_180b_chat_as_jumpstart_does(falcon_180b: Deployment) -> None:
    model = falcon_180b.models.only("AWS::SageMaker::Model")
    container = model["PrimaryContainer"]

    assert container["Image"] == (
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/"
        "huggingface-pytorch-tgi-inference:2.4.0-tgi2.4.0-gpu-py311-cu124-ubuntu22.04"
    )
    assert container["ModelDataSource"]["S3DataSource"] == {
        "S3Uri": "s3://jumpstart-cache-prod-us-east-1/huggingface-infer/prepack/v1.1.0/"
        "infer-prepack-huggingface-llm-falcon-180b-chat-bf16.tar.gz",
        "S3DataType": "S3Object",
        "CompressionType": "Gzip",
    }
    assert container["Environment"]["SM_NUM_GPUS"] == "8"
    assert container["Environment"]["MAX_TOTAL_TOKENS"] == "2048"


def test_models_have_no_network_and_lie_in_two_zones(six_models: Deployment) -> None:
    for model in six_models.models.resources("AWS::SageMaker::Model"):
        assert model["Properties"]["EnableNetworkIsolation"] is True
        assert len(model["Properties"]["VpcConfig"]["Subnets"]) == 2
        assert len(model["Properties"]["VpcConfig"]["SecurityGroupIds"]) == 1


def test_endpoint_config_waits_an_hour_for_download_and_start(falcon_180b: Deployment) -> None:
    (variant,) = falcon_180b.models.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]

    assert variant["InstanceType"] == "ml.p4de.24xlarge"
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 3600
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 3600


def test_no_kms_key_on_instances_with_local_nvme(six_models: Deployment) -> None:
    for config in six_models.models.resources("AWS::SageMaker::EndpointConfig"):
        assert "KmsKeyId" not in config["Properties"]


def test_only_the_endpoint_has_a_name_of_ours(six_models: Deployment) -> None:
    models = six_models.models
    names = {endpoint["Properties"]["EndpointName"] for endpoint in models.resources("AWS::SageMaker::Endpoint")}

    assert names == {f"falconry-six-{name}" for name in MODELS}
    assert all("ModelName" not in model["Properties"] for model in models.resources("AWS::SageMaker::Model"))
    configs = models.resources("AWS::SageMaker::EndpointConfig")
    assert all("EndpointConfigName" not in config["Properties"] for config in configs)


def test_every_instance_type_of_the_catalog_has_disks_of_its_own() -> None:
    # One without would need VolumeSizeInGB, and could have KmsKeyId, which no endpoint configuration sets.
    assert [name for name, instance_type in INSTANCE_TYPES.items() if not instance_type.local_nvme_gb] == []


def test_the_role_can_read_what_the_model_names(six_models: Deployment) -> None:
    for name, model in _resources(six_models.models, "AWS::SageMaker::Model").items():
        role_name = model["ExecutionRoleArn"]["Fn::GetAtt"][0]
        statements = statements_of(_resources(six_models.models, "AWS::IAM::Role")[role_name])
        uri = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["S3Uri"].removeprefix("s3://")
        bucket, _, key = uri.partition("/")
        file = f"{key}config.json" if key.endswith("/") else key

        assert allows(statements, Request("s3:GetObject", f"arn:aws:s3:::{bucket}/{file}")), name
        assert allows(statements, Request("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": key})), name
        assert not [statement for statement in statements if statement["Sid"] == "DecryptWeights"], name


def test_own_weights_are_the_copy_that_was_published_when_the_deploy_began(
    synthesize: Synthesize, tmp_path: Path
) -> None:
    deployment = synthesize(config_file(tmp_path, f"{SMALL}    model_data: artifact_bucket\n", "own"))
    source = deployment.models.only("AWS::SageMaker::Model")["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]
    (published,) = [name for name in deployment.models.body["Parameters"] if "Published" in name]

    assert resolved(source) == {
        "S3Uri": f"s3://falconry-own-{ACCOUNT}-us-east-1/{published}[0]",
        "S3DataType": f"{published}[1]",
        "CompressionType": f"{published}[2]",
    }
    parameter = deployment.models.body["Parameters"][published]
    assert parameter["Type"] == "AWS::SSM::Parameter::Value<List<String>>"
    assert parameter["Default"] == "/falconry/own/artifacts/falcon-7b-instruct"
    buckets = deployment.network.resources("AWS::S3::Bucket")
    assert f"falconry-own-{ACCOUNT}-us-east-1" in [resolved(b["Properties"]["BucketName"]) for b in buckets]


def test_settings_reach_the_container_over_jumpstarts(synthesize: Synthesize, tmp_path: Path) -> None:
    text = f"""{SMALL}    quantize: eetq
    environment: {{MAX_BATCH_PREFILL_TOKENS: "2048", MAX_CONCURRENT_REQUESTS: "64"}}
"""
    deployment = synthesize(config_file(tmp_path, text, "tuned"))
    environment = deployment.models.only("AWS::SageMaker::Model")["PrimaryContainer"]["Environment"]

    assert environment["HF_MODEL_QUANTIZE"] == "eetq"
    assert environment["MAX_BATCH_PREFILL_TOKENS"] == "2048"
    assert environment["MAX_CONCURRENT_REQUESTS"] == "64"
    assert environment["MAX_STOP_SEQUENCES"] == "8"
    assert environment["HF_MODEL_ID"] == "/opt/ml/model"


def test_an_endpoints_logs_are_encrypted_and_expire(six_models: Deployment) -> None:
    models = six_models.models
    groups = _resources(models, "AWS::Logs::LogGroup")
    endpoints = models.resources("AWS::SageMaker::Endpoint")

    assert all(
        group["RetentionInDays"] == 90 and "EncryptionKey" in str(group["KmsKeyId"]) for group in groups.values()
    )
    for endpoint in endpoints:
        # Made first: SageMaker would make one of its own at once, without key and retention.
        (made_first,) = set(_listed(endpoint["DependsOn"])) & groups.keys()
        name = endpoint["Properties"]["EndpointName"]
        assert groups[made_first]["LogGroupName"] == f"/aws/sagemaker/Endpoints/{name}"


def test_endpoint_names_are_published(falcon_180b: Deployment) -> None:
    parameter = falcon_180b.models.only("AWS::SSM::Parameter")

    assert parameter["Name"] == "/falconry/falcon-180b/models/falcon-180b-chat/endpoint-name"
    assert parameter["Value"] == "falconry-falcon-180b-falcon-180b-chat"
    assert parameter["Value"] in [output["Value"] for output in falcon_180b.models.body["Outputs"].values()]


def _resources(template: Template, resource_type: str) -> dict[str, Mapping[str, Any]]:
    """Logical id -> properties."""
    return {
        name: resource["Properties"]
        for name, resource in template.body["Resources"].items()
        if resource["Type"] == resource_type
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
