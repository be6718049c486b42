"""A deployment's life with the real CDK command line: deployed, unchanged, updated, destroyed without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from local_aws.cdk import Cdk, CdkError

from .control_plane import ACCOUNT, REGION, client, control_plane, stacks_of

FIRST = """\
region: us-east-1
retain_data: false
termination_protection: false
models:
  - name: falcon-7b-instruct
"""
SECOND = """\
region: us-east-1
retain_data: false
termination_protection: false
models:
  - name: falcon-7b-instruct
    instance_count: 2
    instance_type: ml.g5.4xlarge
api:
  clients:
    - name: default
      rate_per_second: 3
    - name: reports
      requests_per_month: 1000
"""


@pytest.fixture(scope="module")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with control_plane(tmp_path_factory.mktemp("control-plane") / "log") as url:
        yield url


LEFTOVERS: dict[str, Callable[[Any], list[Any]]] = {
    "cloudformation": lambda c: [s for s in c.describe_stacks()["Stacks"] if s["StackName"] != "CDKToolkit"],
    "sagemaker": lambda c: [
        *c.list_endpoints()["Endpoints"],
        *c.list_endpoint_configs()["EndpointConfigs"],
        *c.list_models()["Models"],
    ],
    "lambda": lambda c: c.list_functions()["Functions"],
    "apigateway": lambda c: [*c.get_rest_apis()["items"], *c.get_api_keys()["items"], *c.get_usage_plans()["items"]],
    "ec2": lambda c: [
        *[vpc for vpc in c.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]],
        *[e for e in c.describe_vpc_endpoints()["VpcEndpoints"] if e["State"] != "deleted"],
    ],
    "s3": lambda c: [bucket for bucket in c.list_buckets()["Buckets"] if bucket["Name"].startswith("falconry")],
    # API Gateway's one role for writing logs belongs to the account and its other APIs: it is kept.
    "iam": lambda c: [
        role
        for role in c.list_roles()["Roles"]
        if "falconry" in role["RoleName"] and "-AccessLogRole" not in role["RoleName"]
    ],
    "logs": lambda c: c.describe_log_groups(logGroupNamePrefix="/falconry")["logGroups"],
    "ssm": lambda c: [p for p in c.describe_parameters()["Parameters"] if p["Name"].startswith("/falconry")],
    "cloudwatch": lambda c: [
        *c.describe_alarms(AlarmNamePrefix="falconry")["MetricAlarms"],
        *c.describe_alarms(AlarmNamePrefix="falconry", AlarmTypes=["CompositeAlarm"])["CompositeAlarms"],
        *c.list_dashboards(DashboardNamePrefix="falconry")["DashboardEntries"],
    ],
    "sns": lambda c: [topic for topic in c.list_topics()["Topics"] if "falconry" in topic["TopicArn"]],
    "kms": lambda c: [alias for alias in c.list_aliases()["Aliases"] if "falconry" in alias["AliasName"]],
}
"""What a deployment makes, by the service that would still list it."""


def test_deploy_diff_update_destroy(aws_url: str, tmp_path: Path) -> None:
    cdk = Cdk(aws_url, REGION, tmp_path)
    sagemaker = client(aws_url, "sagemaker")
    first_app, second_app = (_synthesize(cdk, tmp_path, config) for config in (FIRST, SECOND))
    deploy = ["deploy", "--all", "--require-approval", "never", "--concurrency", "2", "--app"]

    cdk.bootstrap(ACCOUNT)
    cdk.run(*deploy, first_app)
    first = sagemaker.describe_endpoint(EndpointName="falconry-life-falcon-7b-instruct")
    assert first["EndpointStatus"] == "InService"
    assert all(found(client(aws_url, service)) for service, found in LEFTOVERS.items())

    # WHEN nothing changed THEN there is no difference, and a deployment does nothing.
    cdk.run("diff", "--fail", "--app", first_app)
    assert cdk.run(*deploy, first_app).count("(no changes)") == len(stacks_of(Path(first_app), "life"))

    # WHEN the config changed THEN the diff says so, and the endpoint keeps its name and ARN with a new configuration.
    with pytest.raises(CdkError, match=r"ml\.g5\.4xlarge"):
        cdk.run("diff", "--fail", "--app", second_app)
    cdk.run(*deploy, second_app)
    second = sagemaker.describe_endpoint(EndpointName="falconry-life-falcon-7b-instruct")
    assert second["EndpointArn"] == first["EndpointArn"]
    assert second["EndpointConfigName"] != first["EndpointConfigName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=second["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.g5.4xlarge", 2)
    assert len(sagemaker.list_endpoint_configs()["EndpointConfigs"]) == 1
    keys = client(aws_url, "apigateway").get_api_keys()["items"]
    assert {key["name"] for key in keys} == {"falconry-life-default", "falconry-life-reports"}

    # WHEN it is destroyed THEN nothing is left.
    cdk.run("destroy", "--all", "--force", "--app", second_app)
    left = {service: found(client(aws_url, service)) for service, found in LEFTOVERS.items()}
    assert not any(left.values()), left


def _synthesize(cdk: Cdk, folder: Path, config: str) -> str:
    """The folder of the assembly of a config called life.yaml."""
    path = folder / "life.yaml"
    path.write_text(config, encoding="utf-8")
    assembly = folder / f"cdk.out-{len(list(folder.glob('cdk.out-*')))}"
    cdk.run("synth", "--quiet", "--output", str(assembly), "--context", f"config={path}")
    return str(assembly)


def test_an_unsupported_resource_type_fails_the_deployment(aws_url: str, tmp_path: Path) -> None:
    cloudformation = client(aws_url, "cloudformation")
    template = '{"Resources": {"Robot": {"Type": "AWS::RoboMaker::Robot", "Properties": {}}}}'

    cloudformation.create_stack(StackName="robot", TemplateBody=template, OnFailure="ROLLBACK")
    events = cloudformation.describe_stack_events(StackName="robot")["StackEvents"]

    assert any("AWS::RoboMaker::Robot" in event.get("ResourceStatusReason", "") for event in events)
