"""What the data plane's contract tests share: stock moto as control plane, resources, a data plane in a thread."""

import asyncio
import atexit
import dataclasses
import functools
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import httpx2
from local_aws.data_plane.data_plane import DataPlane
from local_aws.data_plane.settings import Limits, Settings
from local_aws.ports import free_port

from local_aws_testing.functions import FUNCTION_ZIP

REGION = "eu-central-1"
ACCOUNT = "123456789012"
PROJECT = Path(__file__).resolve().parents[3]


def wait_until(check: Callable[[], Any], seconds: float = 15.0, what: str = "the condition") -> Any:
    """The first true value of `check`; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = check()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds:g} s")


@functools.cache
def shared_aws() -> "Aws":
    """Stock moto's server in a process of its own, started once for all test modules and ended with the test run."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def end() -> None:
        process.terminate()
        process.wait(10)

    atexit.register(end)

    def answers() -> bool:
        try:
            return httpx2.get(f"{url}/moto-api/", timeout=1).status_code == 200
        except httpx2.HTTPError:
            return False

    wait_until(answers, 30, "moto's server")
    return Aws(url)


class Aws:
    """boto3 clients for the emulated AWS, and the few resources that the tests need."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.apigateway = self.client("apigateway")
        self.lambda_ = self.client("lambda")
        self.s3 = self.client("s3")
        self.sagemaker = self.client("sagemaker")
        self.logs = self.client("logs")
        self.iam = self.client("iam")
        self.s3.create_bucket(Bucket="assets", CreateBucketConfiguration={"LocationConstraint": REGION})
        policy = {"Version": "2012-10-17", "Statement": []}
        role = self.iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(policy))
        self.role = role["Role"]["Arn"]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def put_code(self, key: str, content: bytes = FUNCTION_ZIP) -> dict[str, str]:
        self.s3.put_object(Bucket="assets", Key=key, Body=content)
        return {"S3Bucket": "assets", "S3Key": key}

    def create_function(self, name: str, handler: str, code: bytes = FUNCTION_ZIP, **settings: Any) -> str:
        """Returns the function's ARN."""
        answer = self.lambda_.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self.role,
            Handler=handler,
            **({"Timeout": 10} | settings),
            Code=self.put_code(f"{name}.zip", code),
        )
        return str(answer["FunctionArn"])

    def create_endpoint(self, name: str) -> None:
        """An endpoint with its config and model, all of that name: TGI 1.4.0 with 2048 tokens."""
        image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/huggingface-pytorch-tgi-inference:2.1.1-tgi1.4.0-gpu-py310"
        container = {
            "Image": image,
            "Environment": {"MAX_TOTAL_TOKENS": "2048"},
            "ModelDataUrl": "s3://assets/model.tar.gz",
        }
        variant = {
            "VariantName": "main",
            "ModelName": name,
            "InstanceType": "ml.g4dn.2xlarge",
            "InitialInstanceCount": 1,
        }
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.role)
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)

    def create_api(self, name: str, **settings: Any) -> "Api":
        return Api(self, self.apigateway.create_rest_api(name=name, **settings))


def function_uri(arn: str, *, streaming: bool = False) -> str:
    version, call = ("2021-11-15", "response-streaming-invocations") if streaming else ("2015-03-31", "invocations")
    return f"arn:aws:apigateway:{REGION}:lambda:path/{version}/functions/{arn}/{call}"


class Api:
    """A REST API that a test builds up and deploys."""

    def __init__(self, aws: Aws, item: dict[str, Any]) -> None:
        self._client = aws.apigateway
        self.id = str(item["id"])
        self._resources = {"/": self._client.get_resources(restApiId=self.id)["items"][0]["id"]}

    def resource(self, path: str) -> str:
        """The resource's id; it and its parents are made where needed."""
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            created = self._client.create_resource(
                restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part
            )
            self._resources[path] = created["id"]
        return str(self._resources[path])

    def method(
        self, route: str, arn: str, *, streaming: bool = False, timeout: int | None = None, **settings: Any
    ) -> None:
        """`route`: "GET /path"; `timeout` in milliseconds."""
        http_method, path = route.split()
        place = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": http_method}
        self._client.put_method(**place, **({"authorizationType": "NONE"} | settings))
        more = {} if timeout is None else {"timeoutInMillis": timeout}
        self._client.put_integration(
            **place,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=function_uri(arn, streaming=streaming),
            **more,
        )

    def mock(self, route: str, status: str, headers: dict[str, str]) -> None:
        http_method, path = route.split()
        place = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": http_method}
        self._client.put_method(**place, authorizationType="NONE")
        self._client.put_integration(
            **place, type="MOCK", requestTemplates={"application/json": f"{{ statusCode: {status} }}"}
        )
        names = {f"method.response.header.{name}": True for name in headers}
        self._client.put_method_response(**place, statusCode=status, responseParameters=names)
        values = {f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()}
        self._client.put_integration_response(**place, statusCode=status, responseParameters=values)

    def authorizer(self, name: str, kind: str, arn: str, **settings: Any) -> dict[str, Any]:
        """The settings of a method that uses the new authorizer."""
        created = self._client.create_authorizer(
            restApiId=self.id, name=name, type=kind, authorizerUri=function_uri(arn), **settings
        )
        return {"authorizationType": "CUSTOM", "authorizerId": created["id"]}

    def gateway_response(self, kind: str, **settings: Any) -> None:
        self._client.put_gateway_response(restApiId=self.id, responseType=kind, **settings)

    def deploy(self) -> None:
        """The first time makes the stage `live`; after that points it to a new deployment."""
        deployment = self._client.create_deployment(restApiId=self.id)["id"]
        if self._client.get_stages(restApiId=self.id)["item"]:
            change = {"op": "replace", "path": "/deploymentId", "value": deployment}
            self._client.update_stage(restApiId=self.id, stageName="live", patchOperations=[change])
        else:
            self._client.create_stage(restApiId=self.id, stageName="live", deploymentId=deployment)

    def plan(self, name: str, *keys: str, **settings: Any) -> str:
        """A usage plan of the stage with new keys of these values; returns the plan's id."""
        plan = self._client.create_usage_plan(name=name, apiStages=[{"apiId": self.id, "stage": "live"}], **settings)[
            "id"
        ]
        for value in keys:
            key = self._client.create_api_key(name=value, value=value, enabled=True)["id"]
            self._client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
        return str(plan)


class RunningDataPlane:
    """A data plane in a thread of the test process, so that a test can shorten its limits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.plane: DataPlane

    def __enter__(self) -> "RunningDataPlane":
        self._thread.start()
        self._run(self._start())
        return self

    async def _start(self) -> None:
        self.plane = DataPlane(self._settings)
        await self.plane.start()

    def _run(self, call: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result(30)

    def __exit__(self, *_: object) -> None:
        self._run(self.plane.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.plane.api_port}"

    @property
    def services_url(self) -> str:
        return f"http://127.0.0.1:{self.plane.services_port}"

    def health(self) -> dict[str, Any]:
        answer = httpx2.get(f"http://127.0.0.1:{self.plane.management_port}/_local/health", timeout=5)
        return dict(answer.json())

    def reload(self) -> dict[str, Any]:
        answer = httpx2.post(f"http://127.0.0.1:{self.plane.management_port}/_local/reload", timeout=10)
        return dict(answer.json())

    def wait_ready(self) -> "RunningDataPlane":
        wait_until(lambda: self.health()["ready"], 20, "readiness")
        return self


def data_plane(aws: Aws, state_dir: Path, limits: Limits | None = None, **settings: Any) -> RunningDataPlane:
    base = Settings(aws_endpoint_url=aws.url, region=REGION, state_dir=state_dir, limits=limits or Limits())
    return RunningDataPlane(dataclasses.replace(base, **settings))


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be taken note of does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z"
