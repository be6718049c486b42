"""The front as it is deployed, in the emulated API Gateway and Lambda, before a SageMaker that fails on demand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from local_aws_testing.data_plane import PROJECT, Aws, data_plane, shared_aws
from local_aws_testing.functions import make_zip

from tests.faults.causes import BASE_MODEL, MODEL
from tests.faults.deployed import SHORT_READ_TIMEOUT, Deployed
from tests.faults.stand_in import StandIn

LAMBDA_SRC = PROJECT / "lambda_src"

# The front itself, with another address for SageMaker and less patience with it.
ENTRY = """
import os
os.environ["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] = "{url}"
from chat.serving import sagemaker
sagemaker.READ_TIMEOUT_SECONDS = {seconds}
from chat.host.handler import handler
"""

ROUTES = (
    "POST /v1/chat/completions",
    # No routes of the front: they are here so that it is the front that says so.
    "GET /v1/chat/completions",
    "POST /v1/embeddings",
)


def create_front(
    aws: Aws,
    name: str,
    model: Mapping[str, object],
    entry: str = "from chat.host.handler import handler",
    **settings: Any,
) -> None:
    """A function with the front, and a REST API before it, both called `name`. `entry` is the module with the
    handler."""
    sizes = {"max_total_tokens": 2048, "max_input_tokens": 1024}
    container = {"container": "tgi", "container_version": "1.4.0"}
    models = [
        {"name": MODEL, "template": "falcon-180b-chat", **container, **sizes, **model},
        {"name": BASE_MODEL, "template": None, **container, **sizes, **model},
    ]
    variables = {
        "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/streaming_runtime/bootstrap",
        "FALCONRY_MODELS": json.dumps(models),
    }
    environment = {"Environment": {"Variables": variables}}
    arn = aws.create_function(name, "entry.handler", package(entry), **environment, **settings)
    api = aws.create_api(name)
    for route in ROUTES:
        api.method(route, arn, streaming=True, timeout=900_000)
    api.deploy()


def package(entry: str) -> bytes:
    """The deployment package: what constructs_lib/api/lambda_code.py puts into it, and the module `entry`."""
    folders = (LAMBDA_SRC / "chat", LAMBDA_SRC / "streaming_runtime")
    files = [
        file
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.parent.name != "__pycache__"
    ]
    texts = {str(file.relative_to(LAMBDA_SRC)): file.read_text(encoding="utf-8") for file in files}
    return make_zip({**texts, "entry.py": entry})


@pytest.fixture(scope="package")
def stand_in() -> Iterator[StandIn]:
    server = StandIn()
    yield server
    server.close()


@pytest.fixture(scope="package")
def deployed(stand_in: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    aws = shared_aws()
    entry = ENTRY.format(url=stand_in.url, seconds=SHORT_READ_TIMEOUT)
    create_front(aws, "faults", {"endpoint": "any"}, entry, Timeout=3)
    folder: Path = tmp_path_factory.mktemp("faults")
    with data_plane(aws, folder, api_name="faults") as running:
        running.wait_ready()
        yield Deployed(running, folder / "logs" / "lambda" / "faults.log")
