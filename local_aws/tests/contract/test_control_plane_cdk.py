"""The real, pinned CDK command line: bootstrap, deploy, no change, diff, update, failure, destroy."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from local_aws_testing.control_plane import ACCOUNT, REGION, ROOT, ControlPlane

CDK = ROOT / "node_modules" / ".bin" / "cdk"
NODE_FOLDER = Path(sys.executable).parent

# One app, synthesized in one go to three cloud assemblies: the first version, a changed one, one that cannot be made.
APP = f"""
import aws_cdk as cdk
from aws_cdk import aws_lambda, aws_neptune, aws_sagemaker, aws_ssm

for version in ("first", "second", "broken"):
    app = cdk.App(outdir=version)
    env = cdk.Environment(account="{ACCOUNT}", region="{REGION}")
    base = cdk.Stack(app, "base", env=env)
    aws_ssm.StringParameter(base, "P", parameter_name="/cdk/stage", string_value="live-" + version)
    top = cdk.Stack(app, "top", env=env)
    top.add_stack_dependency(base)
    stage = aws_ssm.StringParameter.value_for_string_parameter(top, "/cdk/stage")
    function = aws_lambda.Function(
        top, "Function", runtime=aws_lambda.Runtime.PYTHON_3_13, handler="index.handler",
        code=aws_lambda.Code.from_asset("bundle"), environment={{"STAGE": stage}},
    )
    container = aws_sagemaker.CfnModel.ContainerDefinitionProperty(image="tgi", environment={{"VERSION": version}})
    model = aws_sagemaker.CfnModel(
        top, "Model", execution_role_arn=function.role.role_arn, primary_container=container,
        enable_network_isolation=True,
    )
    variant = aws_sagemaker.CfnEndpointConfig.ProductionVariantProperty(
        variant_name="AllTraffic", model_name=model.attr_model_name, instance_type="ml.p4de.24xlarge",
        initial_instance_count=1, initial_variant_weight=1,
    )
    config = aws_sagemaker.CfnEndpointConfig(top, "Config", production_variants=[variant])
    endpoint = aws_sagemaker.CfnEndpoint(
        top, "Endpoint", endpoint_name="cdk-falcon", endpoint_config_name=config.attr_endpoint_config_name,
    )
    cdk.CfnOutput(top, "FunctionName", value=function.function_name)
    if version == "broken":
        aws_neptune.CfnDBCluster(top, "Cluster")
    app.synth()
"""


@dataclass(frozen=True)
class CommandLine:
    """The CDK CLI in a folder with the synthesized app."""

    plane: ControlPlane
    folder: Path

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit code and output."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))} | {
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.plane.url,
            "AWS_REGION": REGION,
            "AWS_SECRET_ACCESS_KEY": "any",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CI": "true",
            "HOME": str(self.folder),
            "PATH": f"{NODE_FOLDER}{os.pathsep}{os.environ['PATH']}",
        }
        done = subprocess.run(
            [str(CDK), *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def deploy(self, version: str) -> tuple[int, str]:
        return self.run("deploy", "--app", version, "--all", "--require-approval", "never")


@pytest.fixture(scope="module")
def cdk(tmp_path_factory: pytest.TempPathFactory, plane: ControlPlane) -> CommandLine:
    folder = tmp_path_factory.mktemp("app")
    (folder / "bundle").mkdir()
    (folder / "bundle" / "index.py").write_text("def handler(event, context): ...\n")
    (folder / "app.py").write_text(APP)
    path = f"{NODE_FOLDER}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([sys.executable, "app.py"], cwd=folder, env={**os.environ, "PATH": path}, check=True, timeout=120)
    command_line = CommandLine(plane, folder)
    code, output = command_line.run("bootstrap", f"aws://{ACCOUNT}/{REGION}")
    assert code == 0, output
    return command_line


def test_a_stack_lives_through_the_real_command_line(cdk: CommandLine) -> None:
    sagemaker, functions = cdk.plane.client("sagemaker"), cdk.plane.client("lambda")

    # WHEN the app is deployed, THEN it is there, and each resource's progress was shown
    code, output = cdk.deploy("first")
    assert code == 0, output
    assert "CREATE_COMPLETE" in output
    assert "AWS::SageMaker::Endpoint" in output
    first = sagemaker.describe_endpoint(EndpointName="cdk-falcon")
    assert first["EndpointStatus"] == "InService"
    name = re.search(r"FunctionName = (\S+)", output)
    assert name is not None
    function = functions.get_function_configuration(FunctionName=name[1])
    assert function["Environment"]["Variables"] == {"STAGE": "live-first"}

    # WHEN it is deployed again, THEN nothing changes
    code, output = cdk.deploy("first")
    assert code == 0, output
    assert output.count("(no changes)") == 2
    assert sagemaker.describe_endpoint(EndpointName="cdk-falcon") | {"ResponseMetadata": None} == first | {
        "ResponseMetadata": None
    }

    # WHEN it differs, THEN diff says what will be replaced, by the exit code too
    code, output = cdk.run("diff", "--app", "second", "--fail", "top")
    assert code == 1, output
    assert "AWS::SageMaker::Model" in output
    assert "replace" in output

    # WHEN the change is deployed, THEN the endpoint stays and serves the new config
    code, output = cdk.deploy("second")
    assert code == 0, output
    second = sagemaker.describe_endpoint(EndpointName="cdk-falcon")
    assert second["EndpointConfigName"] != first["EndpointConfigName"]
    assert second["CreationTime"] == first["CreationTime"]
    function = functions.get_function_configuration(FunctionName=name[1])
    assert function["Environment"]["Variables"] == {"STAGE": "live-second"}

    # WHEN a deployment cannot succeed, THEN the exit code and the reason say so, and all is as before
    code, output = cdk.deploy("broken")
    assert code == 1, output
    assert "does not support the resource type AWS::Neptune::DBCluster" in output
    third = sagemaker.describe_endpoint(EndpointName="cdk-falcon")
    assert third["EndpointConfigName"] == second["EndpointConfigName"]

    # WHEN the stacks are destroyed, THEN nothing is left of them
    code, output = cdk.run("destroy", "--app", "second", "--all", "--force")
    assert code == 0, output
    with pytest.raises(ClientError, match="Function not found"):
        functions.get_function_configuration(FunctionName=name[1])
    with pytest.raises(ClientError, match="Could not find endpoint"):
        sagemaker.describe_endpoint(EndpointName="cdk-falcon")
    assert [model for model in sagemaker.list_models()["Models"] if model["ModelName"].startswith("top-")] == []
