"""What SageMaker is told to serve."""

from __future__ import annotations

import json

from catalog import MODELS

from .conftest import Deployment


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


def test_a_role_reads_its_own_weights_and_pulls_its_own_image(falcon_180b: Deployment) -> None:
    policies = falcon_180b.models.only("AWS::IAM::Role")["Policies"]
    statements = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
    allowed = {action: json.dumps(s["Resource"]) for s in statements for action in _listed(s["Action"])}

    assert "infer-prepack-huggingface-llm-falcon-180b-chat-bf16.tar.gz" in allowed["s3:GetObject"]
    assert allowed["ecr:BatchGetImage"].endswith('repository/huggingface-pytorch-tgi-inference"]]}')
    assert "/aws/sagemaker/Endpoints/falconry-falcon-180b-falcon-180b-chat" in allowed["logs:PutLogEvents"]
    assert not [action for action in allowed if "*" in action]


def test_the_artifact_bucket_is_private_encrypted_and_kept(falcon_180b: Deployment) -> None:
    (bucket,) = falcon_180b.models.resources("AWS::S3::Bucket")
    encryption = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]

    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["DeletionPolicy"] == "Retain"


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
