"""The streaming runtime against Lambda's Runtime API, as a process of its own."""

from __future__ import annotations

import base64
import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from tests.contract.runtime_api_support import WAIT_SECONDS, runtime

PREFIX = "/2018-06-01/runtime"

ECHO = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": iter([event["say"].encode()])}
"""


def test_each_item_arrives_as_its_own_chunk_when_it_is_made(tmp_path: Path) -> None:
    source = """
import time
def handler(event, context):
    def body():
        for number in range(4):
            yield b"item %d" % number
            yield b""
            time.sleep(0.15)
    return {"statusCode": 201, "headers": {"x-nul": "\\0"}, "cookies": ["a=b"], "body": body()}
"""
    with runtime(tmp_path, source) as (server, _):
        server.invoke("r-1", {})
        call = server.call()
    assert (call.method, call.path) == ("POST", f"{PREFIX}/invocation/r-1/response")
    assert call.headers["Lambda-Runtime-Function-Response-Mode"] == "streaming"
    assert call.headers["Transfer-Encoding"] == "chunked"
    assert call.headers["Content-Type"] == "application/vnd.awslambda.http-integration-response"
    prelude, body = call.streamed()
    assert prelude == {"statusCode": 201, "headers": {"x-nul": "\0"}, "cookies": ["a=b"]}
    assert body == [b"item 0", b"item 1", b"item 2", b"item 3"]
    gaps = [later[0] - earlier[0] for earlier, later in pairwise(call.chunks[1:])]
    assert min(gaps) > 0.1, f"the items came together: {gaps}"
    assert call.trailers == {}


def test_the_handler_gets_the_event_and_lambdas_context(tmp_path: Path) -> None:
    source = """
import json, os
def handler(event, context):
    return {
        "event": event, "id": context.aws_request_id, "arn": context.invoked_function_arn,
        "name": context.function_name, "memory": context.memory_limit_in_mb,
        "remaining": context.get_remaining_time_in_millis(),
        "trace": os.environ["_X_AMZN_TRACE_ID"],
    }
"""
    with runtime(tmp_path, source) as (server, _):
        server.invoke("r-1", {"text": "é"}, remaining_ms=5_000)
        call = server.call()
    answer = json.loads(call.body)
    assert 3_000 < answer.pop("remaining") <= 5_000
    assert answer == {
        "event": {"text": "é"},
        "id": "r-1",
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:front:live",
        "name": "front",
        "memory": "512",
        "trace": "Root=1-r-1",
    }
    assert call.path == f"{PREFIX}/invocation/r-1/response"
    assert "Lambda-Runtime-Function-Response-Mode" not in call.headers


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('"text é"', "text é".encode()),
        ("None", b""),
        ("iter(())", b""),
        ('b"bytes"', b"bytes"),
        ('"Ynl0ZXM=", "isBase64Encoded": True', b"bytes"),
    ],
)
def test_a_body_of_another_kind_or_none_still_has_its_prelude(tmp_path: Path, body: str, expected: bytes) -> None:
    source = f"def handler(event, context): return {{'statusCode': 204, 'body': {body}}}"
    with runtime(tmp_path, source) as (server, _):
        server.invoke("r-1", {})
        prelude, chunks = server.call().streamed()
    assert prelude == {"statusCode": 204}
    assert b"".join(chunks) == expected


def test_an_exception_before_the_response_is_an_error_of_the_invocation(tmp_path: Path) -> None:
    source = """
def handler(event, context):
    if event.get("fail"):
        raise KeyError("missing")
    return event
"""
    with runtime(tmp_path, source) as (server, _):
        server.invoke("r-1", {"fail": True})
        server.invoke("r-2", {"well": 1})
        failed, well = server.call(), server.call()
    assert failed.path == f"{PREFIX}/invocation/r-1/error"
    assert failed.headers["Lambda-Runtime-Function-Error-Type"] == "KeyError"
    described = json.loads(failed.body)
    assert (described["errorType"], described["errorMessage"], described["requestId"]) == (
        "KeyError",
        "'missing'",
        "r-1",
    )
    assert "function.py" in described["stackTrace"][-1]
    assert json.loads(well.body) == {"well": 1}


def test_a_result_that_is_no_json_is_an_error(tmp_path: Path) -> None:
    with runtime(tmp_path, "def handler(event, context): return {1, 2}") as (server, _):
        server.invoke("r-1", {})
        call = server.call()
    assert call.path.endswith("/r-1/error")
    assert json.loads(call.body)["errorType"] == "Runtime.MarshalError"


def test_an_exception_in_the_body_is_in_the_trailers_and_not_in_the_body(tmp_path: Path) -> None:
    source = """
def handler(event, context):
    def body():
        yield b"one"
        raise ValueError("broke off")
    return {"statusCode": 200, "body": body()}
"""
    with runtime(tmp_path, source) as (server, _):
        server.invoke("r-1", {})
        call = server.call()
    assert call.streamed()[1] == [b"one"]
    assert call.headers["Trailer"] == "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body"
    assert call.trailers["Lambda-Runtime-Function-Error-Type"] == "ValueError"
    described = json.loads(base64.b64decode(call.trailers["Lambda-Runtime-Function-Error-Body"]))
    assert (described["errorType"], described["errorMessage"]) == ("ValueError", "broke off")


def test_a_listener_that_goes_away_ends_the_work_and_not_the_runtime(tmp_path: Path) -> None:
    source = """
import pathlib, time
def handler(event, context):
    if event.get("next"):
        return {"closed": pathlib.Path("closed").exists()}
    def body():
        try:
            while True:
                yield b"more"
                time.sleep(0.02)
        finally:
            pathlib.Path("closed").touch()
    return {"statusCode": 200, "body": body()}
"""
    with runtime(tmp_path, source) as (server, _):
        server.hang_up_after_chunks = 3
        server.invoke("r-1", {})
        assert not server.call().complete
        server.hang_up_after_chunks = None
        server.invoke("r-2", {"next": True})
        call = server.call()
    assert call.path.endswith("/r-2/response")
    assert json.loads(call.body) == {"closed": True}


def test_a_body_is_closed_even_if_it_never_began(tmp_path: Path) -> None:
    source = """
import pathlib
class Body:
    def __iter__(self):
        return iter([b"one"])
    def close(self):
        pathlib.Path("closed").touch()
def handler(event, context):
    return {"statusCode": 200, "headers": {"bad": {1, 2}}, "body": Body()}
"""
    with runtime(tmp_path, source) as (server, _):
        server.invoke("r-1", {})
        assert server.call().path.endswith("/r-1/error")
        server.invoke("r-2", {})
        server.call()
        assert (tmp_path / "closed").exists()


@pytest.mark.parametrize(
    ("source", "handler", "error_type", "message"),
    [
        (ECHO, "function.missing", "Runtime.HandlerNotFound", "Handler 'missing' missing on module 'function'"),
        (ECHO, "nothing.handler", "Runtime.ImportModuleError", "No module named 'nothing'"),
        (ECHO, "function", "Runtime.MalformedHandlerName", "it must be module.function"),
        ("def handler(:", "function.handler", "Runtime.UserCodeSyntaxError", "Syntax error"),
        ("raise RuntimeError('no models')", "function.handler", "RuntimeError", "no models"),
    ],
)
def test_a_function_that_cannot_start_tells_so_and_ends(
    tmp_path: Path, source: str, handler: str, error_type: str, message: str
) -> None:
    with runtime(tmp_path, source, handler) as (server, process):
        call = server.call()
        assert process.wait(WAIT_SECONDS) == 1
    assert call.path == f"{PREFIX}/init/error"
    assert call.headers["Lambda-Runtime-Function-Error-Type"] == error_type
    described = json.loads(call.body)
    assert described["errorType"] == error_type
    assert message in described["errorMessage"]


SNAP_START = """
import pathlib, sys
from snapshot_restore_py import register_after_restore, register_before_snapshot
state = []
register_before_snapshot(state.append, "before, registered first")
register_before_snapshot(state.append, "before, registered second")
@register_after_restore
def restored():
    if pathlib.Path("fail").exists():
        raise RuntimeError("no")
    state.append("after")
def handler(event, context):
    return state
"""


def test_hooks_run_around_a_snapshot(tmp_path: Path) -> None:
    with runtime(tmp_path, SNAP_START, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start") as (server, _):
        assert server.call().path == f"{PREFIX}/restore/next"
        server.restore.set()
        server.invoke("r-1", {})
        answer = json.loads(server.call().body)
    assert answer == ["before, registered second", "before, registered first", "after"]


def test_a_restored_copy_that_cannot_go_on_tells_so(tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    with runtime(tmp_path, SNAP_START, AWS_LAMBDA_INITIALIZATION_TYPE="snap-start") as (server, process):
        server.call()
        server.restore.set()
        call = server.call()
        assert process.wait(WAIT_SECONDS) == 65
    assert call.path == f"{PREFIX}/restore/error"
    assert call.headers["Lambda-Runtime-Function-Error-Type"] == "Runtime.AfterRestoreError"


def test_bootstrap_can_be_started_by_lambda() -> None:
    bootstrap = Path(__file__).resolve().parents[2] / "lambda_src" / "streaming_runtime" / "bootstrap"
    assert os.access(bootstrap, os.X_OK)
    assert bootstrap.read_bytes().startswith(b"#!/bin/sh\n")
