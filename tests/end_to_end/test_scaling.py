"""Ways to scale and to update a model, deployed into the emulated AWS: what is registered there, and what is refused.

The emulation keeps targets, policies and alarms; it does not move instances by them. A copy that Application Auto
Scaling would make or take away is made or taken away here by the same call.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

from falconry import settings
from tests.infrastructure.matrix import SMALL, synthesize

from .control_plane import CloudFormation, client, control_plane
from .test_callers import data_plane, model_server

NAME = "scaled"
ENDPOINT = f"falconry-{NAME}-falcon-7b-instruct"
COMPONENT = ENDPOINT
VARIANT = f"endpoint/{ENDPOINT}/variant/AllTraffic"
BY_REQUESTS = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
EVENING = 'schedules: [{cron: "0 19 ? * MON-FRI *", min_instances: %d, max_instances: %d}]'


@dataclass(frozen=True, slots=True)
class Accepted:
    """Settings of a model, and what AWS has after they are deployed.

    `bounds` are the scalable target's, None without one; `strategy` is the update's, as SageMaker names it.
    """

    config: str
    instances: int
    strategy: str
    bounds: tuple[int, int] | None = None
    policies: dict[str, str] = field(default_factory=dict)
    schedules: list[tuple[str, str, int, int]] = field(default_factory=list)
    rollback_alarms: int = 3


ACCEPTED = {
    "one instance": Accepted("", 1, "ALL_AT_ONCE"),
    "one instance, no rollback": Accepted("    update: {rollback: false}\n", 1, "ALL_AT_ONCE", rollback_alarms=0),
    "two, canary": Accepted("    instance_count: 2\n    update: {strategy: canary}\n", 2, "CANARY"),
    "four, linear": Accepted("    instance_count: 4\n    update: {strategy: linear, step_percent: 25}\n", 4, "LINEAR"),
    "four, rolling": Accepted(
        "    instance_count: 4\n    update: {strategy: rolling, step_percent: 25}\n", 4, "ROLLING"
    ),
    "by load": Accepted(
        "    scaling: {mode: target_tracking, max_instances: 3}\n",
        1,
        "ALL_AT_ONCE",
        (1, 3),
        {f"{ENDPOINT}-by-requests": BY_REQUESTS},
    ),
    "by load, linear, fewer at night": Accepted(
        "    instance_count: 4\n"
        "    scaling: {mode: target_tracking, min_instances: 4, max_instances: 8, time_zone: Asia/Tokyo, "
        + EVENING % (2, 4)
        + "}\n    update: {strategy: linear}\n",
        4,
        "LINEAR",
        (4, 8),
        {f"{ENDPOINT}-by-requests": BY_REQUESTS},
        [("cron(0 19 ? * MON-FRI *)", "Asia/Tokyo", 2, 4)],
    ),
    "by the clock, rolling": Accepted(
        "    instance_count: 3\n    scaling: {mode: scheduled, "
        + EVENING % (2, 2)
        + "}\n    update: {strategy: rolling, step_percent: 50}\n",
        3,
        "ROLLING",
        (3, 3),
        {},
        [("cron(0 19 ? * MON-FRI *)", "UTC", 2, 2)],
    ),
}
"""What is served by the endpoint itself."""


@pytest.fixture(scope="module")
def cloudformation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudFormation]:
    with control_plane(tmp_path_factory.mktemp("scaling") / "log") as aws_url:
        prepared = CloudFormation(aws_url)
        prepared.prepare()
        yield prepared


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_accepted_is_registered(cloudformation: CloudFormation, name: str, tmp_path: Path) -> None:
    wanted = ACCEPTED[name]
    # One deployment that goes from each way to the next: no change of mode needs more than a deploy.
    cloudformation.deploy(synthesize(NAME, SMALL + wanted.config, tmp_path), NAME)
    sagemaker = client(cloudformation.aws_url, "sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])[
        "ProductionVariants"
    ]

    assert variant["InitialInstanceCount"] == wanted.instances
    assert strategy_of(endpoint["LastDeploymentConfig"]) == wanted.strategy
    assert targets(cloudformation.aws_url, VARIANT) == ([wanted.bounds] if wanted.bounds else [])
    assert policies(cloudformation.aws_url, VARIANT) == wanted.policies
    assert schedules(cloudformation.aws_url, VARIANT) == wanted.schedules
    rollback = endpoint["LastDeploymentConfig"].get("AutoRollbackConfiguration", {}).get("Alarms", [])
    names = [alarm["AlarmName"] for alarm in rollback]
    assert len(names) == wanted.rollback_alarms
    cloudwatch = client(cloudformation.aws_url, "cloudwatch")
    described = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] if names else []
    assert {alarm["MetricName"] for alarm in described} == (
        {"Invocation5XXErrors", "TimeToFirstToken", "ServerErrors"} if names else set()
    )


def test_an_endpoint_that_scales_to_zero(
    cloudformation: CloudFormation, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    aws_url, sagemaker = cloudformation.aws_url, client(cloudformation.aws_url, "sagemaker")
    config = "    scaling: {mode: scale_to_zero, max_instances: 2, " + EVENING % (0, 0) + "}\n"
    cloudformation.deploy(synthesize(NAME, SMALL + config, tmp_path), NAME)

    # The endpoint of the other kind is gone; its successor holds a component, with the network on its config.
    assert [item["EndpointName"] for item in sagemaker.list_endpoints()["Endpoints"]] == [f"{ENDPOINT}-components"]
    endpoint = sagemaker.describe_endpoint(EndpointName=f"{ENDPOINT}-components")
    described = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = described["ProductionVariants"]
    assert variant["ManagedInstanceScaling"] == {"Status": "ENABLED", "MinInstanceCount": 0, "MaxInstanceCount": 3}
    assert "ModelName" not in variant
    assert described["EnableNetworkIsolation"] is True
    assert len(described["VpcConfig"]["Subnets"]) == 2
    component = sagemaker.describe_inference_component(InferenceComponentName=COMPONENT)
    requirements = component["Specification"]["ComputeResourceRequirements"]
    assert requirements == {"NumberOfAcceleratorDevicesRequired": 1, "MinMemoryRequiredInMb": 16 * 1024}

    resource = f"inference-component/{COMPONENT}"
    assert targets(aws_url, resource) == [(0, 2)]
    assert policies(aws_url, resource) == {
        f"{ENDPOINT}-components-by-requests": "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        f"{ENDPOINT}-components-wake": "ChangeInCapacity",
    }
    assert schedules(aws_url, resource) == [("cron(0 19 ? * MON-FRI *)", "UTC", 0, 0)]
    alarms = client(aws_url, "cloudwatch").describe_alarms()["MetricAlarms"]
    (wake,) = [alarm for alarm in alarms if alarm.get("MetricName") == "NoCapacityInvocationFailures"]
    assert wake["Dimensions"] == [{"Name": "InferenceComponentName", "Value": COMPONENT}]
    assert len(wake["AlarmActions"]) == 1

    folder = tmp_path_factory.mktemp("state")
    with (
        model_server(folder / "model-server.log") as model_server_url,
        data_plane(aws_url, model_server_url, NAME, folder) as url,
    ):
        serve_and_sleep(openai.OpenAI(base_url=f"{url()}/v1", api_key=key(aws_url), max_retries=0), sagemaker)


def serve_and_sleep(api: openai.OpenAI, sagemaker: Any) -> None:
    """It answers, goes to sleep, says so, and answers again when a copy is there."""
    assert ask(api).choices[0].message.content

    copies(sagemaker, 0)
    refused = until_refused(api)
    assert refused.status_code == 503
    assert refused.code == "model_starting"
    assert refused.response.headers["retry-after"] == "60"
    assert refused.response.headers["x-should-retry"] == "true"

    copies(sagemaker, 1)
    deadline = time.monotonic() + 20
    while True:
        try:
            assert ask(api).choices[0].message.content
            return
        except openai.InternalServerError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def until_refused(api: openai.OpenAI) -> openai.APIStatusError:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            ask(api)
        except openai.APIStatusError as error:
            return error
        time.sleep(0.2)
    raise AssertionError("the component went on answering without a copy")


def ask(api: openai.OpenAI) -> Any:
    messages: list[Any] = [{"role": "user", "content": "What is the recipe of mayonnaise?"}]
    return api.chat.completions.create(model="falcon-7b-instruct", messages=messages, max_tokens=5)


def copies(sagemaker: Any, count: int) -> None:
    """What Application Auto Scaling calls."""
    sagemaker.update_inference_component_runtime_config(
        InferenceComponentName=COMPONENT, DesiredRuntimeConfig={"CopyCount": count}
    )


def key(aws_url: str) -> str:
    parameter = client(aws_url, "ssm").get_parameter(Name=f"/falconry/{NAME}/api/clients/default/key-id")
    value = client(aws_url, "apigateway").get_api_key(apiKey=parameter["Parameter"]["Value"], includeValue=True)
    return str(value["value"])


def strategy_of(deployment: dict[str, Any]) -> str:
    if "RollingUpdatePolicy" in deployment:
        return "ROLLING"
    return str(deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["Type"])


def targets(aws_url: str, resource_id: str) -> list[tuple[int, int]]:
    found = client(aws_url, "application-autoscaling").describe_scalable_targets(
        ServiceNamespace="sagemaker", ResourceIds=[resource_id]
    )["ScalableTargets"]
    return [(target["MinCapacity"], target["MaxCapacity"]) for target in found]


def policies(aws_url: str, resource_id: str) -> dict[str, str]:
    """Names of policies, with the metric of those that track one and the adjustment of the others."""
    found = client(aws_url, "application-autoscaling").describe_scaling_policies(ServiceNamespace="sagemaker")
    return {
        policy["PolicyName"]: policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"][
            "PredefinedMetricType"
        ]
        if policy["PolicyType"] == "TargetTrackingScaling"
        else policy["StepScalingPolicyConfiguration"]["AdjustmentType"]
        for policy in found["ScalingPolicies"]
        if policy["ResourceId"] == resource_id
    }


def schedules(aws_url: str, resource_id: str) -> list[tuple[str, str, int, int]]:
    found = client(aws_url, "application-autoscaling").describe_scheduled_actions(ServiceNamespace="sagemaker")
    return [
        (
            action["Schedule"],
            action["Timezone"],
            action["ScalableTargetAction"]["MinCapacity"],
            action["ScalableTargetAction"]["MaxCapacity"],
        )
        for action in found["ScheduledActions"]
        if action["ResourceId"] == resource_id
    ]


REFUSED = {
    "update: {strategy: canary}": "needs at least two instances",
    "update: {strategy: rolling}": "raise `instance_count`",
    "instance_count: 4\n    update: {strategy: rolling, step_percent: 10}": "Use at least 25, or run at least 10",
    "instance_count: 4\n    update: {strategy: linear, step_percent: 5}": "SageMaker accepts 10 to 50",
    "update: {step_percent: 20}": "has no effect with `all_at_once`",
    "scaling: {mode: target_tracking}\n    update: {strategy: linear}": "raise `scaling.min_instances`",
    "scaling: {mode: scale_to_zero}\n    update: {strategy: canary}": "Use `rolling`, or leave it out",
    "scaling: {mode: target_tracking, min_instances: 0}": "Only `mode: scale_to_zero` may have none",
    "scaling: {mode: scheduled, " + EVENING % (0, 0) + "}": "Only `mode: scale_to_zero` may have none",
    "scaling: {mode: scheduled}": "List when the bounds change",
    "scaling: {min_instances: 2}": "`fixed` always runs `instance_count` instances",
    "scaling: {mode: target_tracking, min_instances: 4, max_instances: 2}": "2 is less than min_instances, 4",
    "scaling: {mode: target_tracking, time_zone: Europe/Berlyn}": "Did you mean Europe/Berlin?",
    'scaling: {mode: scheduled, schedules: [{cron: "0 7 * * MON-FRI *", min_instances: 1, max_instances: 1}]}': "`?`",
    'scaling: {mode: scheduled, schedules: [{cron: "0 7 * *", min_instances: 1, max_instances: 1}]}': "Six fields",
}
"""What is refused when the config is read, and a part of what is said."""


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_says_why(text: str, tmp_path: Path) -> None:
    config = tmp_path / "scaled.yaml"
    config.write_text(f"{SMALL}    {text}\n", encoding="utf-8")
    with pytest.raises(settings.SettingsError) as raised:
        settings.load(config)
    (sentence,) = raised.value.mistakes
    assert REFUSED[text] in sentence
