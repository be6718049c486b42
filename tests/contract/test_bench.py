"""The bench measures what it says: its stand-ins speak the protocols, every contestant's answer is checked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tools.bench import arrivals, child, figures, latency, page, question, sagemaker_runtime
from tools.bench.contestants import Boto3, DeployedFront
from tools.bench.contestants import sagemaker_runtime as running_sagemaker_runtime
from tools.bench.lambda_function import FRONT, LambdaFolders, bundle_bytes, front_environment
from tools.bench.percentiles import percentile
from tools.bench.runtime_api import FunctionFailedError, StandInRuntimeApi


@pytest.fixture(scope="module")
def sagemaker_url() -> Iterator[str]:
    with running_sagemaker_runtime() as url:
        yield url


def client(url: str) -> boto3.client:
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def test_botocore_reads_a_stream_of_the_stand_in_token_by_token(sagemaker_url: str) -> None:
    response = client(sagemaker_url).invoke_endpoint_with_response_stream(
        EndpointName="no-gap", ContentType="application/json", Body=question.native_body()
    )

    parts = [event["PayloadPart"]["Bytes"].decode() for event in response["Body"]]

    assert response["ContentType"] == "text/event-stream"
    assert all(part.startswith("data: {") and part.endswith("}\n\n") for part in parts)
    events = [json.loads(part.removeprefix("data: ")) for part in parts]
    assert "".join(event["token"]["text"] for event in events).strip() == question.ANSWER
    assert [event["index"] for event in events] == list(range(1, sagemaker_runtime.TOKENS + 1))
    *before, last = events
    assert all(event["generated_text"] is None and event["details"] is None for event in before)
    assert last["details"] == {
        "finish_reason": "length",
        "generated_tokens": sagemaker_runtime.TOKENS,
        "seed": None,
        "input_length": len(question.PROMPT.split()),
    }


def test_the_stand_in_answers_in_one_piece_too_and_refuses_an_unknown_endpoint(sagemaker_url: str) -> None:
    body = json.dumps({"inputs": "Hi", "parameters": {"max_new_tokens": 3}}).encode()
    runtime = client(sagemaker_url)

    response = runtime.invoke_endpoint(EndpointName="no-gap", ContentType="application/json", Body=body)

    assert json.loads(response["Body"].read()) == [{"generated_text": " A falcon leaves"}]
    with pytest.raises(runtime.exceptions.ClientError, match="no-gap, paced"):
        runtime.invoke_endpoint(EndpointName="other", ContentType="application/json", Body=body)


def test_paced_tokens_come_45_ms_apart(sagemaker_url: str, tmp_path: Path) -> None:
    with Boto3.running(sagemaker_url, LambdaFolders(tmp_path)) as contestant:
        timing = contestant.ask("paced")

    assert 45 <= timing.first_token < 1000
    assert timing.total >= sagemaker_runtime.TOKENS * 45
    # 63 gaps lie between the first token and the last, however late the first one was seen.
    assert timing.total - timing.first_token <= sagemaker_runtime.TOKENS * 45 + 500


def test_boto3_and_the_front_are_measured_side_by_side(sagemaker_url: str, tmp_path: Path) -> None:
    folders = LambdaFolders(tmp_path)
    with (
        Boto3.running(sagemaker_url, folders) as direct,
        DeployedFront.running(sagemaker_url, folders, tmp_path / "front.log") as front,
    ):
        measured = latency.measure([direct, front], {"no-gap": 2})
        weight = child.memory(front.process_id)

    assert measured["no-gap"].keys() == {"boto3", "front"}
    for one in measured["no-gap"].values():
        assert 0 < one["first_token"]["p50"] <= one["total"]["p50"] <= one["total"]["p95"]
    boto3_total, front_total = (measured["no-gap"][name]["total"] for name in ("boto3", "front"))
    assert boto3_total["p50_more"] == 0
    assert front_total["p50_more"] == pytest.approx(front_total["p50"] - boto3_total["p50"], abs=0.011)
    assert "+" in latency.table(measured, {"no-gap": 2})
    assert 10 < weight["pss_mb"] <= weight["rss_mb"]


def test_a_function_that_cannot_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    folders = LambdaFolders(tmp_path)
    environment = {**front_environment("http://127.0.0.1:9"), "FALCONRY_MODELS": "nonsense"}
    with contextlib.closing(StandInRuntimeApi()) as api:
        task = folders.task(FRONT, compiled=False)
        process = folders.start(FRONT, task, api.address, environment, tmp_path / "front.log")
        with child.ending(process), pytest.raises(FunctionFailedError, match="FALCONRY_MODELS must be a JSON list"):
            api.wait_until_asked()


def streamed(*bodies: bytes) -> arrivals.Arrivals:
    """What is read of a chunked answer that a server sends in these pieces before it hangs up."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)

    def send() -> None:
        with theirs:
            for body in bodies:
                theirs.sendall(body)

    sender = threading.Thread(target=send)
    sender.start()
    result = arrivals.Arrivals(0.0)
    try:
        with ours:
            result.read(ours)
    finally:
        sender.join()
    return result


HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
PRELUDE = b'c\r\n{"a":1}\0\0\0\0\0\r\n'


def delta(text: str) -> bytes:
    data = b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_an_answer_cut_anywhere_is_read_the_same() -> None:
    message = HEAD + PRELUDE + delta(" One") + delta(" two") + b"0\r\nTrailer: x\r\n\r\n"

    for cut in range(1, len(message)):
        assert streamed(message[:cut], message[cut:]).timing("One two").total > 0


def test_a_wrong_or_cut_answer_is_no_measurement() -> None:
    with pytest.raises(arrivals.WrongAnswerError, match="expected 'One'"):
        streamed(HEAD + delta("Two") + b"0\r\n\r\n").timing("One")
    with pytest.raises(arrivals.WrongAnswerError, match="expected 'One'"):
        streamed(HEAD + b"0\r\n\r\n").timing("One")
    with pytest.raises(arrivals.WrongAnswerError, match="was cut"):
        streamed(HEAD + delta("One"))


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(range(1, 101), 95) == 95
    assert percentile([7], 95) == 7
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_figures_are_renewed_part_by_part(tmp_path: Path) -> None:
    file = tmp_path / "state" / "bench.json"

    figures.save("memory", {"front": 1}, file)
    figures.save("streams", {"requests": 2}, file)
    figures.save("memory", {"front": 3}, file)

    saved = json.loads(file.read_text(encoding="utf-8"))
    assert (saved["memory"], saved["streams"]) == ({"front": 3}, {"requests": 2})
    assert saved["machine"]["cpus"] >= 1


def test_the_front_s_bundle_is_small(tmp_path: Path) -> None:
    assert 10_000 < bundle_bytes(FRONT, tmp_path) < 300_000


def test_the_page_shows_what_was_measured_and_keeps_its_words() -> None:
    one = {"p50": 2.0, "p95": 3.0, "p50_more": 0.5, "p95_more": -0.25}
    known = {
        "machine": {"cpus": 2, "system": "Linux", "architecture": "x86_64", "python": "3.11.7"},
        "latency_ms": {"no-gap": {name: {"first_token": one, "total": one} for name in ("boto3", "front")}},
        "bundle_bytes": {"chat": 45_678},
    }

    written = page.write(f"# Before\n\n{page.BEGIN}\nold\n{page.END}\n\nAfter.\n", known)

    assert written.startswith("# Before\n")
    assert written.endswith("\n\nAfter.\n")
    assert "old" not in written
    assert "| first token, front | 2.00 | +0.50 | 3.00 | -0.25 |" in written
    assert "| first token, boto3 | 2.00 |  | 3.00 |  |" in written
    assert "| chat | 45.7 |" in written
    assert page.write(written, known) == written
    with pytest.raises(ValueError, match=r"benchmarks\.md must hold"):
        page.write("no marks", known)


def test_the_committed_page_can_be_renewed() -> None:
    committed = page.PAGE.read_text(encoding="utf-8")

    assert page.BEGIN in committed
    assert committed.index(page.BEGIN) < committed.index(page.END)
