"""How long an update takes, and what SageMaker would refuse or give up on."""

from __future__ import annotations

from typing import Any

import pytest

from falconry.review import timing
from falconry.review.findings import Level

from .templates import compared, resource, said

HOUR = 3600
SERVED = "falconry-x-falcon-180b-chat"


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


@pytest.mark.parametrize(
    ("deployment", "instances", "words", "minutes", "extra"),
    [
        ({}, 3, "all traffic at once", (10, 20), 3),
        (
            {"BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE"}, "TerminationWaitInSeconds": 300}},
            1, "all traffic at once", (15, 25), 1,
        ),
        (
            {"BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "CANARY", "CanarySize": percent(25), "WaitIntervalInSeconds": 600},
                "TerminationWaitInSeconds": 300}},
            4, "25% of the traffic first, the rest 10 min later", (25, 35), 4,
        ),
        (
            {"BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {
                    "Type": "LINEAR", "LinearStepSize": percent(25), "WaitIntervalInSeconds": 600}}},
            4, "in 4 steps, 10 min apart", (40, 50), 4,
        ),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": percent(50), "WaitIntervalInSeconds": 300}},
            4, "rolling, 2 of 4 instances at a time", (30, 50), 2,
        ),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "COPY_COUNT", "Value": 1},
                                     "WaitIntervalInSeconds": 0}},
            3, "rolling, 1 of 3 instances at a time", (30, 60), 1,
        ),
    ],
)  # fmt: skip
def test_how_long_an_update_takes(
    deployment: dict[str, Any], instances: int, words: str, minutes: tuple[int, int], extra: int
) -> None:
    one = timing.Start((600, 1200), 2 * HOUR, in_time=True)

    plan = timing.update(deployment, instances, one)

    assert words in plan.words
    assert tuple(seconds / 60 for seconds in plan.seconds) == minutes
    assert plan.extra == extra


def test_180b_takes_the_better_part_of_an_hour_and_is_given_up_in_time() -> None:
    start = timing.start(334.4)

    assert timing.span(start.seconds) == "20 to 60 min"
    assert (start.limit, start.in_time) == (2 * HOUR, True)
    assert not timing.start(334.4, download_limit=1800).in_time


@pytest.mark.parametrize(
    ("seconds", "text"),
    [((30, 90), "1 to 2 min"), ((420, 430), "7 min"), ((900, 5000), "15 to 85 min"), ((9000, 20000), "2.5 to 5.5 h")],
)
def test_spans_are_as_rough_as_the_guess(seconds: tuple[float, float], text: str) -> None:
    assert timing.span(seconds) == text


def served(instance_type: str, download: int = HOUR, scaled: bool = False, **deployment: Any) -> dict[str, Any]:
    """An endpoint with its model."""
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        "InstanceType": instance_type,
        "InitialInstanceCount": 2,
        "ModelDataDownloadTimeoutInSeconds": download,
    }
    config = {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
    resources = {
        "Model": resource("SageMaker::Model", {"PrimaryContainer": {"Image": "a:1"}}),
        "Config": resource("SageMaker::EndpointConfig", {"ProductionVariants": [variant]}),
        "Endpoint": resource(
            "SageMaker::Endpoint",
            {"EndpointName": SERVED, "EndpointConfigName": config, "DeploymentConfig": deployment},
        ),
    }
    if scaled:
        target = {"ResourceId": f"endpoint/{SERVED}/variant/AllTraffic", "MinCapacity": 1, "MaxCapacity": 4}
        resources["Target"] = resource("ApplicationAutoScaling::ScalableTarget", target)
    return resources


def test_a_scaled_variant_keeps_its_instance_type() -> None:
    before, after = served("ml.p4de.24xlarge", scaled=True), served("ml.p5.48xlarge", scaled=True)

    assert [one.partition(" (")[0] for one in said(compared(before, after), Level.DANGER)] == [
        "SageMaker refuses to change the instance type"
    ]
    assert said(compared(served("ml.p4de.24xlarge"), served("ml.p5.48xlarge")), Level.DANGER) == []


def test_weights_that_may_come_too_late() -> None:
    found = compared(served("ml.p4de.24xlarge"), served("ml.p4de.24xlarge", download=600))

    assert any("weights may take too long" in one for one in said(found, Level.ATTENTION))


def test_an_update_that_may_be_given_up() -> None:
    policy = {
        "MaximumBatchSize": percent(50),
        "WaitIntervalInSeconds": HOUR,
        "MaximumExecutionTimeoutInSeconds": 2 * HOUR,
    }
    found = compared(served("ml.p4de.24xlarge"), served("ml.p5.48xlarge", RollingUpdatePolicy=policy))

    assert any("SageMaker times out after 2 h and rolls it back" in one for one in said(found, Level.ATTENTION))


def test_an_update_without_alarms() -> None:
    before = served("ml.p4de.24xlarge", AutoRollbackConfiguration={"Alarms": [{"AlarmName": "a"}]})

    found = compared(before, served("ml.p4de.24xlarge"))

    assert said(found, Level.ATTENTION) == ["A failing update is no longer rolled back: no alarm watches it."]


def test_the_bill_has_the_bounds_of_the_scaling() -> None:
    bill = compared(served("ml.p4de.24xlarge"), served("ml.p4de.24xlarge", scaled=True)).cost

    (line,) = bill.lines
    assert line.before is not None
    assert line.after is not None
    low, high = line.after
    assert line.before[0] == line.before[1] == 2 * low
    assert high == 4 * low


def test_an_instance_type_without_a_price_is_named() -> None:
    bill = compared({}, served("ml.q9.large")).cost

    assert bill.unknown == ("ml.q9.large",)
    assert bill.after == (0, 0)
