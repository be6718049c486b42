"""The `falconry` command against a deployment in the emulated AWS: each subcommand as a process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.falconry_support import NOWHERE, ROOT, falconry

from .conftest import CONFIG, Api

MODELS = [model["name"] for model in yaml.safe_load(CONFIG)["models"]]
QUESTION = {"role": "user", "content": "What is the recipe of mayonnaise?"}


@pytest.fixture
def run(api: Api) -> Any:
    """The command with --local."""
    return lambda *arguments, **options: falconry(
        *arguments, "--local", local_file=api.local.state_dir / "api.json", **options
    )


def client(api: Api, service: str, region: str = "us-west-2") -> Any:
    description = json.loads((api.local.state_dir / "api.json").read_text(encoding="utf-8"))
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=description["aws_endpoint_url"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def config(folder: Path, text: str, name: str = "other") -> str:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


# -- plan --------------------------------------------------------------------------------------------------------------


def test_plan_of_what_is_deployed_changes_nothing(run: Any) -> None:
    finished = run("plan")

    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.count("stays as it is") == len(MODELS)


def test_plan_tells_what_a_change_does_to_each_endpoint(run: Any, tmp_path: Path) -> None:
    # GIVEN the deployed config with one model changed, one new, and one gone
    changed = (
        CONFIG.replace("falcon-7b-instruct", "falcon-7b-instruct\n    instance_count: 2")
        .replace("name: falcon-180b\n    accept_license: true", "name: falcon-7b")
    )  # fmt: skip

    plan = json.loads(run("plan", config(tmp_path, changed, "e2e"), "--json").stdout)

    assert {change["model"]: change["kind"] for change in plan["changes"]} == {
        "falcon-180b-chat": "unchanged",
        "falcon-7b-instruct": "updated",
        "falcon-7b": "created",
        "falcon-180b": "removed",
        "falcon-40b-instruct": "unchanged",
    }
    (updated,) = [change for change in plan["changes"] if change["kind"] == "updated"]
    assert updated["differences"] == [{"what": "instances", "now": "1", "then": "2"}]


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_shows_endpoints_traffic_stacks_and_cost(api: Api, run: Any) -> None:
    # GIVEN requests that were counted within the last hour and before; so many that the other tests' do not matter
    cloudwatch, now = client(api, "cloudwatch"), datetime.now(UTC)
    dimensions = [{"Name": "Deployment", "Value": "e2e"}, {"Name": "Model", "Value": "falcon-7b-instruct"}]
    for minutes, first_token in ((5, 50_000.0), (300, 90_000.0)):
        at = now - timedelta(minutes=minutes)
        for name, value in (("Requests", 1.0), ("CompletionTokens", 40.0), ("TimeToFirstToken", first_token)):
            datum = {"MetricName": name, "Dimensions": dimensions, "Value": value, "Timestamp": at}
            cloudwatch.put_metric_data(Namespace="Falconry", MetricData=[datum] * 500)

    # WHEN a script asks
    finished = run("status", "--json")

    # THEN it learns all of it
    assert finished.returncode == 0, finished.stderr
    status = json.loads(finished.stdout)
    assert [(one["model"], one["status"], one["instances"]) for one in status["endpoints"]] == [
        (model, "InService", 1) for model in MODELS
    ]
    assert [stack["status"] for stack in status["stacks"]] == ["CREATE_COMPLETE"] * 4
    hour = {one["model"]: one for one in status["traffic"]["last hour"]}
    day = {one["model"]: one for one in status["traffic"]["last day"]}
    hour_of, day_of = hour["falcon-7b-instruct"], day["falcon-7b-instruct"]
    assert 500 * 40 <= hour_of["completion_tokens"] <= day_of["completion_tokens"] - 500 * 40
    assert (hour_of["first_token_p95_ms"], day_of["first_token_p95_ms"]) == (50_000.0, 90_000.0)
    assert status["url"] == api.base_url
    assert all(cost["usd"] > 0 for cost in status["cost_this_month"])


@pytest.mark.parametrize("columns", [80, 160])
def test_status_fits_the_terminal(run: Any, columns: int) -> None:
    finished = run("status", columns=columns)

    assert finished.returncode == 0
    assert "falcon-7b-instruct" in finished.stdout
    assert max(len(line) for line in finished.stdout.splitlines()) <= columns


def test_status_tells_of_an_alarm_that_rings(api: Api, run: Any) -> None:
    cloudwatch = client(api, "cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="falconry-e2e-errors",
        Namespace="Falconry",
        MetricName="ServerErrors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="falconry-e2e-errors", StateValue="ALARM", StateReason="5 errors in a minute")
    try:
        output = run("status").stdout
    finally:
        cloudwatch.delete_alarms(AlarmNames=["falconry-e2e-errors"])

    assert re.search(r"Alarms\s+1 of \d+ in alarm", output)
    assert "falconry-e2e-errors" in output
    assert "5 errors in a minute" in output


def test_status_of_what_is_not_deployed_says_so(run: Any, tmp_path: Path) -> None:
    finished = run("status", config(tmp_path, CONFIG, "absent"))

    assert (finished.returncode, finished.stdout) == (1, "")
    assert "absent is not deployed in us-west-2" in finished.stderr


def test_status_can_be_watched_until_it_is_interrupted(api: Api) -> None:
    environment = {**os.environ, **NOWHERE, "FALCONRY_LOCAL_FILE": str(api.local.state_dir / "api.json")}
    command = [sys.executable, "-m", "falconry", "status", "--local", "--watch", "--interval", "1"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = 0
        for line in process.stdout:
            seen += line.startswith("Cost this month")
            if seen == 2:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


# -- logs --------------------------------------------------------------------------------------------------------------


def ask(api: Api, model: str, **more: object) -> str:
    """Asks once; the request's id."""
    answer = api.post("/v1/chat/completions", json={"model": model, "messages": [QUESTION], "max_tokens": 8, **more})
    return str(answer.headers["x-request-id"])


def lines(run: Any, *arguments: str, wanted: int) -> list[str]:
    """The log's lines, as soon as there are so many."""
    deadline = time.monotonic() + 20
    while True:
        found: list[str] = run("logs", *arguments).stdout.splitlines()
        if len(found) >= wanted or time.monotonic() > deadline:
            return found
        time.sleep(0.5)


def test_logs_merge_front_and_access_log_of_a_request(api: Api, run: Any) -> None:
    request_id = ask(api, "falcon-7b-instruct")

    # Two lines of the front, since the deployment has an audit log, and one of API Gateway.
    found = lines(run, "--since", "5m", "--grep", request_id, wanted=3)
    (front,) = [line for line in found if line.split()[1:3] == ["front", "200"]]
    (access,) = [line for line in found if line.split()[1:3] == ["access", "200"]]

    assert len(found) == 3
    both = sorted((front.split()[1:], access.split()[1:]))
    assert both[0][:4] == ["access", "200", "POST", "/v1/chat/completions"]
    assert both[1][:6] == ["front", "200", "POST", "/v1/chat/completions", "falcon-7b-instruct", "tests"]
    assert all(line.endswith(request_id) for line in (front, access))


def test_logs_of_one_source_as_json(api: Api, run: Any) -> None:
    request_id = ask(api, "no-such-model")

    found = lines(run, "--source", "front", "--grep", request_id, "--json", wanted=2)

    event, audited = [json.loads(line) for line in found]
    assert (event["message"]["message"], audited["message"]["message"]) == ("request", "audit")
    assert event["source"] == "front"
    assert event["message"]["error_code"] == "model_not_found"
    assert datetime.fromisoformat(event["time"]) > datetime.now(UTC) - timedelta(minutes=5)


def test_logs_show_what_the_containers_print(run: Any) -> None:
    found = lines(run, "--source", "container", "--since", "1d", wanted=3)

    assert {line.split()[3] for line in found if "model server" in line} >= {"falcon-7b-instruct:", "falcon-180b-chat:"}


def test_logs_follow_what_comes(api: Api) -> None:
    environment = {**os.environ, **NOWHERE, "FALCONRY_LOCAL_FILE": str(api.local.state_dir / "api.json")}
    command = [sys.executable, "-m", "falconry", "logs", "--local", "--follow", "--source", "access", "--since", "1s"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        time.sleep(3)
        request_id = ask(api, "falcon-7b-instruct")
        seen = next(line for line in process.stdout if request_id in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    assert "access" in seen


def test_logs_with_nothing_to_show_say_so(run: Any) -> None:
    finished = run("logs", "--grep", "no line has this")

    assert finished.returncode == 1
    assert "nothing with 'no line has this' was logged since 1h" in finished.stderr


def test_logs_of_what_is_not_deployed_say_so(run: Any, tmp_path: Path) -> None:
    finished = run("logs", config(tmp_path, CONFIG, "absent"))

    assert finished.returncode == 1
    assert "there are no logs of absent in us-west-2" in finished.stderr


# -- preflight ---------------------------------------------------------------------------------------------------------


def checks(finished: subprocess.CompletedProcess[str]) -> dict[str, dict[str, str]]:
    assert finished.stdout, finished.stderr
    return {check["subject"]: check for check in json.loads(finished.stdout)}


def test_preflight_of_what_is_deployed_passes(run: Any) -> None:
    finished = run("preflight")

    assert finished.returncode == 0, finished.stdout
    assert "failed" not in finished.stdout
    assert "✓ quota of ml.g5.2xlarge: 2 for endpoints; the deploy needs 1, an update 2" in finished.stdout
    assert "! quota of ml.p4de.24xlarge" in finished.stdout  # two models on it, and no room for both second fleets
    assert "✓ weights of falcon-180b-chat: an archive" in finished.stdout
    assert "✓ CDK bootstrap: version" in finished.stdout


@pytest.fixture
def big(tmp_path: Path) -> str:
    return config(
        tmp_path, "region: us-west-2\nmodels: [{name: falcon-40b, instance_type: ml.g5.12xlarge, instance_count: 3}]\n"
    )


def test_preflight_mends_a_quota_with_the_command_that_it_prints(api: Api, run: Any, big: str) -> None:
    # GIVEN a config that asks for three instances where the account may have two
    finished = run("preflight", big, "--json")
    quota = checks(finished)["quota of ml.g5.12xlarge"]
    assert (finished.returncode, quota["outcome"]) == (1, "failed")
    assert quota["found"] == "2 for endpoints; this deploy needs 3"

    # WHEN the mend is done
    command = quota["mend"].split()
    assert command[:3] == ["aws", "service-quotas", "request-service-quota-increase"]
    options = dict(zip(command[3::2], command[4::2], strict=True))
    client(api, "service-quotas", options["--region"]).request_service_quota_increase(
        ServiceCode=options["--service-code"],
        QuotaCode=options["--quota-code"],
        DesiredValue=float(options["--desired-value"]),
    )

    # THEN the check passes, for a later update's second fleet too
    assert checks(run("preflight", big, "--json"))["quota of ml.g5.12xlarge"]["outcome"] == "ok"


def test_preflight_warns_where_an_update_would_not_fit(run: Any, tmp_path: Path) -> None:
    two = config(
        tmp_path, "region: us-west-2\nmodels: [{name: falcon-7b, instance_type: ml.g5.4xlarge, instance_count: 2}]\n"
    )

    finished = run("preflight", two, "--json")

    quota = checks(finished)["quota of ml.g5.4xlarge"]
    assert (finished.returncode, quota["outcome"]) == (0, "warning")
    assert "an update adds instances for a while and needs 4" in quota["found"]
    assert quota["mend"].endswith("--desired-value 4")


def test_preflight_names_what_is_missing_in_another_region_and_account(run: Any, tmp_path: Path) -> None:
    models = "models: [{name: falcon-7b-instruct}]\n"
    elsewhere = checks(run("preflight", config(tmp_path, f"region: eu-west-1\n{models}"), "--json"))
    assert elsewhere["CDK bootstrap"]["outcome"] == "failed"
    assert elsewhere["CDK bootstrap"]["mend"] == "npx cdk bootstrap aws://123456789012/eu-west-1"

    foreign = run("preflight", config(tmp_path, f"region: us-west-2\naccount: '999999999999'\n{models}"), "--json")
    (check,) = checks(foreign).values()
    assert (foreign.returncode, check["outcome"]) == (1, "failed")
    assert "account 123456789012; the config says `account: 999999999999`" in check["found"]


def test_preflight_counts_the_requests_that_lambda_must_run_at_once(run: Any, tmp_path: Path) -> None:
    # GIVEN the places that the deployment holds, 128 a model, and a config that asks for 900 more of the account's 1000
    many = config(tmp_path, "region: us-west-2\nmodels: [{name: falcon-7b, instance_count: 8}]\n")

    check = checks(run("preflight", many, "--json"))["Lambda concurrency"]

    assert check["outcome"] == "failed"
    wanted = 1000 + 128 * len(MODELS)
    assert f"--service-code lambda --quota-code L-B99A9384 --desired-value {wanted}" in check["mend"]


def test_preflight_looks_into_the_artifact_bucket(api: Api, run: Any, tmp_path: Path) -> None:
    text = CONFIG.replace("falcon-7b-instruct", "falcon-7b-instruct\n    model_data: artifact_bucket")
    own = config(tmp_path, text, "e2e")
    s3, bucket, folder = client(api, "s3"), "falconry-e2e-123456789012-us-west-2", "models/falcon-7b-instruct/0f1e/"
    ssm, parameter = client(api, "ssm"), "/falconry/e2e/artifacts/falcon-7b-instruct"

    def weights() -> dict[str, str]:
        return checks(run("preflight", own, "--json"))["weights of falcon-7b-instruct"]

    def put(name: str, content: bytes) -> None:
        s3.put_object(Bucket=bucket, Key=f"{folder}{name}", Body=content)

    assert weights()["outcome"] == "failed"
    assert weights()["found"] == f"no complete copy is published: the parameter {parameter} does not exist"
    assert "falconry mirror" in weights()["mend"]
    ssm.put_parameter(Name=parameter, Type="StringList", Value=f"{folder},S3Prefix,None")
    try:
        assert (weights()["outcome"], weights()["found"]) == ("failed", f"s3://{bucket}/{folder}: no objects found")
        put("config.json", b"{}")
        put("model.safetensors.index.json", b'{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}')
        put("one.safetensors", b"1")
        assert weights()["outcome"] == "failed"
        assert "two.safetensors missing" in weights()["found"]
        put("two.safetensors", b"2")
        assert weights()["outcome"] == "ok"
    finally:
        ssm.delete_parameter(Name=parameter)
        for item in s3.list_objects_v2(Bucket=bucket, Prefix=folder).get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=item["Key"])


def test_preflight_looks_at_an_existing_vpc(api: Api, run: Any, tmp_path: Path) -> None:
    ec2 = client(api, "ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    made = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=f"us-west-2{zone}")
        for number, zone in enumerate("aab")
    ]
    subnets = [answer["Subnet"]["SubnetId"] for answer in made]

    def found(vpc_id: str, subnet_ids: list[str]) -> dict[str, dict[str, str]]:
        existing = f"{{vpc_id: {vpc_id}, subnet_ids: [{', '.join(subnet_ids)}], create_endpoints: false}}"
        text = f"region: us-west-2\nmodels: [{{name: falcon-7b-instruct}}]\nnetwork: {{existing: {existing}}}\n"
        return checks(run("preflight", config(tmp_path, text), "--json"))

    # GIVEN no such VPC
    assert found("vpc-0123456789abcdef0", subnets)["VPC vpc-0123456789abcdef0"]["outcome"] == "failed"

    # GIVEN host names off, subnets in one zone, no endpoints
    poor = found(vpc, subnets[:2])
    assert poor[f"VPC {vpc}"]["outcome"] == "failed"
    assert "--enable-dns-hostnames" in poor[f"VPC {vpc}"]["mend"]
    assert poor["subnets"]["found"] == "all are in us-west-2a; two zones are needed"
    assert poor["VPC endpoints"]["found"] == "the VPC has none for s3 and sagemaker.runtime"

    # GIVEN all of it mended
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    for service, kind in (("s3", "Gateway"), ("sagemaker.runtime", "Interface")):
        ec2.create_vpc_endpoint(
            VpcId=vpc,
            ServiceName=f"com.amazonaws.us-west-2.{service}",
            VpcEndpointType=kind,
            PrivateDnsEnabled=kind == "Interface",
        )
    good = found(vpc, subnets[1:])
    assert [good[name]["outcome"] for name in (f"VPC {vpc}", "subnets", "VPC endpoints")] == ["ok"] * 3
