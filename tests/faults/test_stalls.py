"""The model's server stops answering without closing anything: a deadlock, a full disk, a frozen machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from local_aws.data_plane.settings import Limits
from local_aws.launcher import TINY_FALCON
from local_aws_testing.data_plane import RunningDataPlane, data_plane, shared_aws, wait_until

from tests.faults.causes import MODEL
from tests.faults.conftest import create_front
from tests.long_answer import LONG, SHORT, SHORT_ANSWER, works

ENDPOINT = "faults-stalls"
LIMITS = Limits(sagemaker_invocation_seconds=2, sagemaker_stream_seconds=4)
"""SageMaker's 60 seconds for the first byte and 8 minutes for a stream, made short."""

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDataPlane]:
    aws = shared_aws()
    aws.create_endpoint(ENDPOINT)
    create_front(aws, "faults-stalls", {"endpoint": ENDPOINT})
    settings: dict[str, Any] = {"api_name": "faults-stalls", "model_dir": TINY_FALCON}
    folder: Path = tmp_path_factory.mktemp("stalls")
    with data_plane(aws, folder, LIMITS, **settings) as running:
        yield running.wait_ready()
    aws.sagemaker.delete_endpoint(EndpointName=ENDPOINT)


@pytest.fixture
def model_server(plane: RunningDataPlane) -> Iterator[psutil.Process]:
    process = psutil.Process(plane.health()["endpoints"][ENDPOINT]["pid"])
    yield process
    process.resume()
    # THEN the next request is served, as soon as the server moves again
    answer = client(plane).chat.completions.create(model=MODEL, **SHORT)
    assert answer.choices[0].message.content == SHORT_ANSWER


def client(plane: RunningDataPlane) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{plane.url}/v1", api_key="any", timeout=20)


def check(error: BaseException | None) -> None:
    assert isinstance(error, openai.InternalServerError)
    assert (error.status_code, error.code) == (504, "upstream_timeout")
    assert error.response.headers["x-should-retry"] == "false"


@BOTH
def test_before_the_first_token(plane: RunningDataPlane, model_server: psutil.Process, stream: bool) -> None:
    model_server.suspend()

    with pytest.raises(openai.APIError) as raised:
        client(plane).chat.completions.create(model=MODEL, **SHORT, stream=stream)

    check(raised.value)


def test_in_mid_stream(plane: RunningDataPlane, model_server: psutil.Process) -> None:
    text = ""

    def read() -> None:
        nonlocal text
        for chunk in client(plane).chat.completions.create(model=MODEL, **LONG, stream=True):
            assert chunk.choices[0].finish_reason is None
            text += chunk.choices[0].delta.content or ""
            if len(text) > 20:
                model_server.suspend()

    with pytest.raises(openai.APIError) as raised:
        read()

    assert type(raised.value) is openai.APIError
    assert raised.value.code == "upstream_timeout"
    assert len(text) > 20


def test_while_a_whole_answer_is_generated(plane: RunningDataPlane, model_server: psutil.Process) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(lambda: client(plane).chat.completions.create(model=MODEL, **LONG))
        wait_until(lambda: works(model_server.pid), 5, "the model's work")
        model_server.suspend()
        error = answer.exception(20)

    check(error)
