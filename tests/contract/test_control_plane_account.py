"""What an account is asked before a deploy, and what CloudWatch is asked after it, in the emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from local_aws_testing.control_plane import ControlPlane, running_control_plane

from falconry.catalog import ENDPOINT_QUOTA_CODES, INSTANCE_TYPES, MODELS, REGIONS, CatalogModel


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with running_control_plane() as plane:
        yield plane


def test_every_instance_type_has_a_quota_for_endpoints(plane: ControlPlane) -> None:
    pages = plane.client("service-quotas").get_paginator("list_service_quotas").paginate(
        ServiceCode="sagemaker", PaginationConfig={"PageSize": 7}
    )  # fmt: skip
    quotas = {quota["QuotaName"]: quota for page in pages for quota in page["Quotas"]}

    assert quotas.keys() == {f"{name} for endpoint usage" for name in INSTANCE_TYPES}
    for name, code in ENDPOINT_QUOTA_CODES.items():
        assert quotas[f"{name} for endpoint usage"]["QuotaCode"] == code


def test_a_quota_is_raised_and_never_lowered(plane: ControlPlane) -> None:
    client = plane.client("service-quotas")
    which = {"ServiceCode": "sagemaker", "QuotaCode": ENDPOINT_QUOTA_CODES["ml.p5.48xlarge"]}

    client.request_service_quota_increase(**which, DesiredValue=9)

    assert client.get_service_quota(**which)["Quota"]["Value"] == 9
    with pytest.raises(ClientError, match="IllegalArgumentException"):
        client.request_service_quota_increase(**which, DesiredValue=8)


def test_a_raised_lambda_quota_is_the_accounts_limit(plane: ControlPlane) -> None:
    functions = plane.client("lambda")
    before = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]

    plane.client("service-quotas").request_service_quota_increase(
        ServiceCode="lambda", QuotaCode="L-B99A9384", DesiredValue=before + 500
    )

    limits = functions.get_account_settings()["AccountLimit"]
    assert (before, limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (1000, 1500, 1500)


@pytest.mark.parametrize("entry", MODELS.values(), ids=MODELS)
def test_jumpstart_has_files_for_every_model(plane: ControlPlane, entry: CatalogModel) -> None:
    s3, bucket = plane.client("s3"), REGIONS["us-east-1"].jumpstart_bucket

    found = s3.list_objects_v2(Bucket=bucket, Prefix=entry.model_data_key)["Contents"]

    assert all(item["Size"] > 0 for item in found)
    if entry.model_data_key.endswith("/"):
        index = s3.get_object(Bucket=bucket, Key=f"{entry.model_data_key}model.safetensors.index.json")["Body"]
        names = {item["Key"].removeprefix(entry.model_data_key) for item in found}
        assert set(json.load(index)["weight_map"].values()) < names


def test_jumpstarts_buckets_are_not_the_accounts(plane: ControlPlane) -> None:
    assert not [bucket for bucket in plane.client("s3").list_buckets()["Buckets"] if "jumpstart" in bucket["Name"]]


def test_percentiles_of_a_metric(plane: ControlPlane) -> None:
    # GIVEN the values 1 to 100
    client, now = plane.client("cloudwatch"), datetime.now(UTC)
    data = [{"MetricName": "Time", "Value": float(value), "Timestamp": now} for value in range(100, 0, -1)]
    client.put_metric_data(Namespace="Test", MetricData=data)

    def query(stat: str) -> dict[str, object]:
        metric = {"Namespace": "Test", "MetricName": "Time"}
        return {"Id": stat.replace(".", "_"), "MetricStat": {"Metric": metric, "Period": 3600, "Stat": stat}}

    answer = client.get_metric_data(
        MetricDataQueries=[query(stat) for stat in ("p50", "p95", "p99.9", "p100")],
        StartTime=now - timedelta(minutes=1),
        EndTime=now + timedelta(minutes=1),
    )

    found = {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}
    assert found == {"p50": [50.0], "p95": [95.0], "p99_9": [100.0], "p100": [100.0]}
