"""The emulated CloudWatch gets what the front's log lines carry, as AWS would take it out of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from chat.host import metrics
from chat.record import Record
from local_aws.data_plane.metrics import MetricWriter, embedded_metrics


class CloudWatch:
    """boto3's client: keeps what is put, or fails."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def put_metric_data(self, **request: Any) -> None:
        self.calls.append(request)


def test_each_metric_is_taken_once_for_each_set_of_dimensions() -> None:
    record = Record(model="falcon-7b", prompt_tokens=5, completion_tokens=3)
    line = metrics.embedded(record, deployment="dev", client="app", status=200, milliseconds=1_700_000_000_500)

    found = list(embedded_metrics(json.dumps(line)))

    requests = [datum for datum in found if datum.name == "Requests"]
    assert [dict(datum.dimensions) for datum in requests] == [
        {"Deployment": "dev"},
        {"Deployment": "dev", "Model": "falcon-7b"},
        {"Deployment": "dev", "Client": "app"},
    ]
    assert {(datum.namespace, datum.value, datum.unit, datum.timestamp) for datum in requests} == {
        ("Falconry", 1.0, "Count", 1_700_000_000.5)
    }
    assert [datum.value for datum in found if datum.name == "PromptTokens"] == [5, 5, 5]


@pytest.mark.parametrize(
    "line", ["START RequestId: 1", '{"message":"request"}', '{"_aws":', '{"_aws":{"Timestamp":1}}', '"_aws"']
)
def test_a_line_without_metrics_has_none(line: str) -> None:
    assert list(embedded_metrics(line)) == []


def test_values_go_out_in_few_calls() -> None:
    cloudwatch = CloudWatch()

    async def run() -> None:
        writer = MetricWriter(cloudwatch)
        for _ in range(1500):
            writer.add("AWS/SageMaker", {"EndpointName": "e"}, {"Invocations": (1.0, "None")})
        await writer.stop()

    asyncio.run(run())

    assert [(call["Namespace"], len(call["MetricData"])) for call in cloudwatch.calls] == [
        ("AWS/SageMaker", 1000),
        ("AWS/SageMaker", 500),
    ]
    assert cloudwatch.calls[0]["MetricData"][0]["Dimensions"] == [{"Name": "EndpointName", "Value": "e"}]
