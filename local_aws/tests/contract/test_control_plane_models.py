"""Models and endpoints: all that the data plane and an operator read back, and updates as SageMaker makes them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from local_aws_testing.control_plane import (
    ControlPlane,
    get_att,
    resource,
    role,
    template,
    vpc_resources,
)

IMAGE = "763104351884.dkr.ecr.eu-central-1.amazonaws.com/huggingface-pytorch-tgi-inference:2.1.1-tgi1.4.0-gpu"
DEPLOYMENT = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE"},
        "TerminationWaitInSeconds": 300,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}


def models(max_input_length: str, endpoint: str, **variant: Any) -> dict[str, Any]:
    container = {
        "Image": IMAGE,
        "Environment": {"MAX_INPUT_LENGTH": max_input_length},
        "ModelDataSource": {
            "S3DataSource": {
                "S3Uri": "s3://jumpstart-cache-prod-eu-central-1/falcon/",
                "S3DataType": "S3Prefix",
                "CompressionType": "None",
            }
        },
    }
    model = {
        "ExecutionRoleArn": get_att("Role", "Arn"),
        "EnableNetworkIsolation": True,
        "PrimaryContainer": container,
        "VpcConfig": {"Subnets": [{"Ref": "Subnet"}], "SecurityGroupIds": [get_att("Group", "GroupId")]},
        "Tags": [{"Key": "model", "Value": "falcon"}],
    }
    production_variant = {
        "VariantName": "AllTraffic",
        "ModelName": get_att("Model", "ModelName"),
        "InstanceType": "ml.p4de.24xlarge",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
        "ModelDataDownloadTimeoutInSeconds": 3600,
        "ContainerStartupHealthCheckTimeoutInSeconds": 3600,
        "InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-2",
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 2},
    }
    endpoint_properties = {
        "EndpointName": endpoint,
        "EndpointConfigName": get_att("Config", "EndpointConfigName"),
        "DeploymentConfig": DEPLOYMENT,
    }
    return template(
        vpc_resources()
        | {
            "Role": role("sagemaker.amazonaws.com"),
            "Model": resource("AWS::SageMaker::Model", model),
            "Config": resource(
                "AWS::SageMaker::EndpointConfig", {"ProductionVariants": [production_variant | variant]}
            ),
            "Endpoint": resource("AWS::SageMaker::Endpoint", endpoint_properties),
        }
    )


def test_an_isolated_model_on_p4de_is_read_back_whole(plane: ControlPlane) -> None:
    stack = plane.deploy(models("1024", "whole"))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    sagemaker = plane.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName="whole")
    assert endpoint["EndpointStatus"] == "InService"
    policy = endpoint["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]
    assert policy["TrafficRoutingConfiguration"]["Type"] == "ALL_AT_ONCE"
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert variant["InstanceType"] == "ml.p4de.24xlarge"
    assert variant["ModelDataDownloadTimeoutInSeconds"] == 3600
    assert variant["ContainerStartupHealthCheckTimeoutInSeconds"] == 3600
    assert variant["RoutingConfig"] == {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    assert variant["ManagedInstanceScaling"]["MaxInstanceCount"] == 2
    model = sagemaker.describe_model(ModelName=variant["ModelName"])
    assert model["EnableNetworkIsolation"] is True
    assert model["VpcConfig"]["Subnets"] == [stack.physical_id("Subnet")]
    assert model["PrimaryContainer"]["Image"] == IMAGE
    assert model["PrimaryContainer"]["Environment"] == {"MAX_INPUT_LENGTH": "1024"}
    assert model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]["CompressionType"] == "None"
    tags = sagemaker.list_tags(ResourceArn=model["ModelArn"])["Tags"]
    assert {"Key": "model", "Value": "falcon"} in tags


def test_an_update_replaces_model_and_config_and_keeps_the_endpoint(plane: ControlPlane) -> None:
    sagemaker = plane.client("sagemaker")
    stack = plane.deploy(models("1024", "updated"))
    before = sagemaker.describe_endpoint(EndpointName="updated")
    old_model = stack.physical_id("Model").rsplit("/", 1)[-1]
    stack = stack.update(models("2048", "updated"))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    after = sagemaker.describe_endpoint(EndpointName="updated")
    assert (after["EndpointArn"], after["CreationTime"]) == (before["EndpointArn"], before["CreationTime"])
    assert after["EndpointConfigName"] != before["EndpointConfigName"]
    # the old ones went after the endpoint had moved
    deleted = [name for name, status, _ in stack.events() if status == "DELETE_COMPLETE"]
    assert deleted == ["Config", "Model"]
    with pytest.raises(ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName=old_model)
    stack.delete()
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="updated")


def test_a_failed_update_leaves_the_endpoint_on_its_old_config(plane: ControlPlane) -> None:
    sagemaker = plane.client("sagemaker")
    stack = plane.deploy(models("1024", "kept"))
    config = sagemaker.describe_endpoint(EndpointName="kept")["EndpointConfigName"]
    broken = models("2048", "kept")
    broken["Resources"]["Last"] = resource(
        "AWS::SSM::Parameter", {"Name": "aws-refused", "Type": "String", "Value": "x"}, DependsOn="Endpoint"
    )
    stack = stack.update(broken)
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert sagemaker.describe_endpoint(EndpointName="kept")["EndpointConfigName"] == config
    assert sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]


def test_an_instance_type_that_aws_does_not_have_is_refused(plane: ControlPlane) -> None:
    stack = plane.deploy(models("1024", "refused", InstanceType="ml.p99.xlarge"))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "ml.p99.xlarge" in stack.reasons()


def test_a_taken_endpoint_name_is_refused(plane: ControlPlane) -> None:
    plane.deploy(models("1024", "taken"))
    stack = plane.deploy(models("1024", "taken"))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "already existing" in stack.reasons()
    assert plane.client("sagemaker").describe_endpoint(EndpointName="taken")["EndpointStatus"] == "InService"


def test_an_inference_component_is_scaled_in_place(plane: ControlPlane) -> None:
    def stack_of(copies: int) -> dict[str, Any]:
        stack = models("1024", "components")
        component = {
            "EndpointName": get_att("Endpoint", "EndpointName"),
            "VariantName": "AllTraffic",
            "Specification": {
                "ModelName": get_att("Model", "ModelName"),
                "ComputeResourceRequirements": {"NumberOfAcceleratorDevicesRequired": 8, "MinMemoryRequiredInMb": 1024},
            },
            "RuntimeConfig": {"CopyCount": copies},
        }
        stack["Resources"]["Component"] = resource("AWS::SageMaker::InferenceComponent", component)
        return stack

    stack = plane.deploy(stack_of(1))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    arn = stack.physical_id("Component")
    stack = stack.update(stack_of(2))
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    assert stack.physical_id("Component") == arn
    name = arn.rsplit("/", 1)[-1]
    component = plane.client("sagemaker").describe_inference_component(InferenceComponentName=name)
    assert component["RuntimeConfig"]["DesiredCopyCount"] == 2
    assert component["InferenceComponentStatus"] == "InService"
    stack.delete()
    assert plane.client("sagemaker").list_inference_components()["InferenceComponents"] == []
