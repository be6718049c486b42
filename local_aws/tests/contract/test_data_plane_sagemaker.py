"""The data plane's SageMaker runtime, called with boto3: streams, typed errors, limits, and the containers."""

import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx2
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from local_aws.data_plane.settings import Limits
from local_aws_testing.data_plane import ACCOUNT, REGION, Aws, RunningDataPlane, data_plane, shared_aws, wait_until
from local_aws_testing.timing import quickest

NAME = "stand-in"

# Stands for the model server: echoes what it was started and called with, or does what "inputs" says.
MODEL_SERVER = """
import argparse, http.server, json, os, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, b"")

    def answer(self, status, body, content_type="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = json.loads(body)["inputs"]
        if wanted == "stream" or wanted == "break" or wanted == "forever":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for number in range(50 if wanted == "forever" else 4):
                data = "data:{\\"token\\":\\"é%d\\"}\\n\\n".encode() % number
                self.wfile.write(b"%x\\r\\n" % len(data) + data + b"\\r\\n")
                self.wfile.flush()
                time.sleep(0.1)
            if wanted == "break":
                self.close_connection = True
            else:
                self.wfile.write(b"0\\r\\n\\r\\n")
        elif wanted == "invalid":
            self.answer(422, b'{"error":"Input validation error","error_type":"validation"}')
        elif wanted == "failure":
            self.answer(500, b'{"error":"Request failed during generation","error_type":"generation"}')
        elif wanted == "sleep":
            time.sleep(3)
            self.answer(200, b"late")
        else:
            seen = {"env": dict(os.environ), "headers": dict(self.headers), "body": body.decode()}
            self.answer(200, json.dumps(seen).encode())

    def log_message(self, *arguments):
        print("container:", *arguments)

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
parser.add_argument("--model-dir")
http.server.ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    emulated = shared_aws()
    emulated.create_endpoint(NAME)
    yield emulated
    for endpoint in emulated.sagemaker.list_endpoints()["Endpoints"]:
        emulated.sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])


@pytest.fixture(scope="module")
def plane(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    folder = tmp_path_factory.mktemp("endpoints")
    script = folder / "model_server.py"
    script.write_text(MODEL_SERVER, encoding="utf-8")
    limits = Limits(sagemaker_invocation_seconds=1, sagemaker_stream_seconds=1, sagemaker_request_bytes=10_000)
    settings: dict[str, Any] = {
        "model_dir": folder,
        "model_server_command": (sys.executable, str(script)),
        "poll_seconds": 0.3,
        "api_name": "none",
    }
    with data_plane(aws, folder, limits, **settings) as running:
        wait_until(lambda: running.health()["endpoints"].get(NAME, {}).get("container") == "ready")
        yield running


def client_of(plane: RunningDataPlane) -> Any:
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=plane.services_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def runtime(plane: RunningDataPlane) -> Any:
    return client_of(plane)


def call(runtime: Any, inputs: str, *, stream: bool = False, endpoint: str = NAME, **arguments: Any) -> Any:
    body = json.dumps({"inputs": inputs})
    operation = runtime.invoke_endpoint_with_response_stream if stream else runtime.invoke_endpoint
    return operation(EndpointName=endpoint, ContentType="application/json", Body=body, **arguments)


def test_the_container_has_the_deployed_environment_and_the_callers_headers(runtime: Any) -> None:
    answer = call(runtime, "hello", Accept="text/plain", CustomAttributes="trace=1")
    seen = json.loads(answer["Body"].read())
    assert answer["InvokedProductionVariant"] == "main"
    assert answer["ContentType"] == "application/json"
    assert seen["env"]["MAX_TOTAL_TOKENS"] == "2048"
    assert seen["env"]["TGI_VERSION"] == "1.4.0"
    assert "HOME" not in seen["env"]
    assert {name.lower(): value for name, value in seen["headers"].items()}["accept"] == "text/plain"
    assert json.loads(seen["body"]) == {"inputs": "hello"}


def test_parts_arrive_when_the_container_sends_them(runtime: Any) -> None:
    def lateness() -> float:
        answer = call(runtime, "stream", stream=True, Accept="text/event-stream")
        assert answer["ContentType"] == "text/event-stream"
        assert answer["InvokedProductionVariant"] == "main"
        started = time.monotonic()
        parts = [(event["PayloadPart"]["Bytes"], time.monotonic() - started) for event in answer["Body"]]
        whole = "".join(f'data:{{"token":"é{n}"}}\n\n' for n in range(4))
        assert b"".join(data for data, _ in parts).decode() == whole
        # Half of them at least are in time, whatever else the machine does.
        return statistics.median(abs(at - 0.1 * number) for number, (_, at) in enumerate(parts))

    assert quickest(lateness, 0.08) < 0.08


@pytest.mark.parametrize("stream", [False, True])
def test_an_unknown_endpoint(runtime: Any, stream: bool) -> None:
    with pytest.raises(ClientError) as error:
        call(runtime, "hello", stream=stream, endpoint="nobody")
    assert error.value.response["Error"]["Code"] == "ValidationError"
    assert error.value.response["Error"]["Message"] == f"Endpoint nobody of account {ACCOUNT} not found."
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("inputs", "status", "party"), [("invalid", 422, "client"), ("failure", 500, "server")])
def test_a_containers_error(runtime: Any, inputs: str, status: int, party: str, stream: bool) -> None:
    with pytest.raises(runtime.exceptions.ModelError) as error:
        call(runtime, inputs, stream=stream)
    answer = error.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert answer["OriginalStatusCode"] == status
    assert json.loads(answer["OriginalMessage"])["error_type"] in ("validation", "generation")
    assert answer["LogStreamArn"] == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/{NAME}"
    message = answer["Error"]["Message"]
    assert message.startswith(f'Received {party} error ({status}) from primary with message "{{')
    assert message.endswith(f"in account {ACCOUNT} for more information.")


@pytest.mark.parametrize("stream", [False, True])
def test_a_container_that_does_not_answer_in_time(runtime: Any, stream: bool) -> None:
    with pytest.raises(runtime.exceptions.ModelError) as error:
        call(runtime, "sleep", stream=stream)
    assert error.value.response["OriginalStatusCode"] == 0
    assert "Your invocation timed out while waiting for a response from container primary." in str(error.value)


@pytest.mark.parametrize(
    ("inputs", "reason"), [("break", "closed the connection"), ("forever", "in the allotted time")]
)
def test_a_stream_that_fails_ends_with_a_typed_error(runtime: Any, inputs: str, reason: str) -> None:
    events = iter(call(runtime, inputs, stream=True)["Body"])
    assert b'"token"' in next(events)["PayloadPart"]["Bytes"]
    with pytest.raises(EventStreamError) as error:
        list(events)
    assert error.value.response["Error"]["Code"] == "ModelStreamError"
    assert reason in error.value.response["Error"]["Message"]


def test_a_request_that_is_too_large(runtime: Any) -> None:
    with pytest.raises(ClientError) as error:
        call(runtime, "x" * 20_000)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    assert "10000 bytes" in error.value.response["Error"]["Message"]


def test_an_unsigned_request_is_refused(plane: RunningDataPlane) -> None:
    answer = httpx2.post(f"{plane.services_url}/endpoints/{NAME}/invocations", json={"inputs": "hello"})
    assert answer.status_code == 403


def test_a_model_server_that_died_is_started_again(plane: RunningDataPlane, runtime: Any) -> None:
    before = plane.health()["endpoints"][NAME]["pid"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: plane.health()["endpoints"][NAME]["container"] == "restarting")

    def again() -> bool:
        endpoint = plane.health()["endpoints"][NAME]
        return bool(endpoint["container"] == "ready" and endpoint["pid"] != before)

    wait_until(again)
    assert call(runtime, "hello")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_endpoints_come_and_go_and_parts_can_be_cut_to_a_size(
    plane: RunningDataPlane, runtime: Any, aws: Aws, tmp_path: Path
) -> None:
    aws.create_endpoint("second")
    wait_until(lambda: plane.health()["endpoints"].get("second", {}).get("container") == "ready")
    assert call(runtime, "hello", endpoint="second")["ResponseMetadata"]["HTTPStatusCode"] == 200
    # Another data plane, in front of a model server that runs already.
    pid = plane.health()["endpoints"]["second"]["pid"]
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists():
        port = command.read_bytes().split(b"\0")[3].decode()
        with data_plane(
            aws, tmp_path, model_server_url=f"http://127.0.0.1:{port}", part_size=3, api_name="none"
        ) as other:
            wait_until(lambda: other.health()["endpoints"].get(NAME, {}).get("container") == "ready")
            parts = [event["PayloadPart"]["Bytes"] for event in call(client_of(other), "stream", stream=True)["Body"]]
        assert max(len(part) for part in parts) == 3
        assert b"".join(parts).decode().count("é") == 4
    aws.sagemaker.delete_endpoint(EndpointName="second")
    wait_until(lambda: "second" not in plane.health()["endpoints"])
    with pytest.raises(ClientError, match="not found"):
        call(runtime, "hello", endpoint="second")
