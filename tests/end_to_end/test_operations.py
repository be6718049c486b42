"""What an operator sees of requests in the emulated AWS: metrics for the dashboard, records in the audit log."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from falconry.catalog import samples

from .conftest import Api

EMULATED = ("Falconry", "AWS/ApiGateway", "AWS/SageMaker")
"""Namespaces whose metrics the emulated AWS keeps."""

TEXT = next(sample.prompt for sample in samples() if sample.id == "website-steps")
QUESTION = "What is the recipe of mayonnaise?"


@pytest.fixture(scope="module")
def asked(api: Api) -> datetime:
    """A few requests of each client and to each model, some of which fail; when they began."""
    time.sleep(3)  # for the hasty client's rate, which another test may have used up
    began = datetime.now(UTC)
    for model in ("falcon-180b-chat", "falcon-7b-instruct", "falcon-40b-instruct"):
        body = {"model": model, "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 16}
        for key in ("", api.hasty_key):
            assert api.post("/v1/chat/completions", key=key, json=body).status_code == 200
        assert api.post("/v1/chat/completions", json={**body, "stream": True}).status_code == 200
        time.sleep(2)  # for the hasty client's rate
    completion = {"model": "falcon-180b", "prompt": TEXT, "max_tokens": 8}
    assert api.post("/v1/completions", json=completion).status_code == 200
    assert api.post("/v1/completions", json={**completion, "max_tokens": -1}).status_code == 400
    return began


def drawn(api: Api) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Namespace, name and dimensions of each metric of the deployed dashboard that the emulated AWS keeps."""
    body = json.loads(api.aws("cloudwatch").get_dashboard(DashboardName="falconry-e2e")["DashboardBody"])
    for widget in body["widgets"]:
        for namespace, name, *flat, _ in (
            line for line in widget["properties"].get("metrics", []) if not isinstance(line[0], dict)
        ):
            if namespace in EMULATED:
                yield namespace, name, dict(zip(flat[::2], flat[1::2], strict=True))


def without_data(api: Api, since: datetime) -> list[Any]:
    """The dashboard's metrics of which nothing is known since then."""
    missing = []
    for namespace, name, dimensions in drawn(api):
        found = api.aws("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=since - timedelta(seconds=1),
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )
        # Nobody was refused by a busy model.
        if not found["Datapoints"] and dimensions.get("ErrorCode") != "model_overloaded":
            missing.append((namespace, name, dimensions))
    return missing


def test_every_metric_of_the_dashboard_has_data_after_a_few_requests(api: Api, asked: datetime) -> None:
    assert len({name for _, name, _ in drawn(api)}) > 12

    deadline = time.monotonic() + 15
    while (missing := without_data(api, asked)) and time.monotonic() < deadline:
        time.sleep(0.5)

    assert missing == []


def test_percentiles_can_be_asked_for(api: Api, asked: datetime) -> None:
    dimensions = [{"Name": "Deployment", "Value": "e2e"}, {"Name": "Model", "Value": "falcon-180b-chat"}]
    metric = {"Namespace": "Falconry", "MetricName": "TimeToFirstToken", "Dimensions": dimensions}

    (found,) = api.aws("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "wait", "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "p95"}}],
        StartTime=asked - timedelta(minutes=1),
        EndTime=datetime.now(UTC) + timedelta(minutes=1),
    )["MetricDataResults"]

    assert 0 < found["Values"][0] < 10_000


def test_errors_are_counted_by_their_code(api: Api, asked: datetime) -> None:
    found = api.aws("cloudwatch").list_metrics(Namespace="Falconry", MetricName="Requests")["Metrics"]

    codes = {
        dimension["Value"] for metric in found for dimension in metric["Dimensions"] if dimension["Name"] == "ErrorCode"
    }
    assert "invalid_value" in codes


def test_the_audit_log_has_a_record_of_each_request(api: Api, asked: datetime) -> None:
    body = {"model": "falcon-7b-instruct", "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 8}
    answer = api.post("/v1/chat/completions", json=body)
    s3 = api.aws("s3")
    (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].endswith("-audit"))

    records = {
        item["Key"].rpartition("/")[2].removesuffix(".json.gz"): item["Key"]
        for item in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }

    key = records[answer.headers["x-request-id"]]
    record = json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    assert json.loads(record["request"]) == body
    assert json.loads(record["answer"]) == answer.json()
    assert (record["client"], record["status"], record["outcome"]) == ("tests", 200, "completed")
    for log in (api.local.state_dir / "logs" / "lambda").glob("*.log"):
        assert QUESTION not in log.read_text(encoding="utf-8"), log
