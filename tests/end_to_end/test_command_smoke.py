"""`falconry smoke`: passes on what works, and says what does not."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path

import pytest

from falconry.catalog import MODELS, samples

from .command import as_json, falconry
from .conftest import Api


@pytest.fixture(scope="module")
def local_file(api: Api) -> Path:
    return api.local.state_dir / "api.json"


def test_every_sample_of_every_model_passes(local_file: Path) -> None:
    report = as_json(local_file, "smoke", "--local")
    checks = report["checks"]

    assert report["passed"]
    for model in ("falcon-180b-chat", "falcon-7b-instruct", "falcon-180b"):
        kind = "chat" if MODELS[model].chat_template else "completion"
        names = {check["name"] for check in checks if check["model"] == model}
        wanted = {f"{sample.id}, {how}" for sample in samples() if sample.kind == kind for how in ("streamed", "whole")}
        assert names == wanted | {"bad request: 400", "native route"}
    timed = [check for check in checks if check["name"].endswith(", streamed")]
    assert all(0 < check["first_seconds"] <= check["seconds"] for check in timed)
    assert any(check.get("tokens_per_second") for check in timed)


@pytest.mark.parametrize("columns", [80, 160])
def test_a_quick_run_for_a_person(local_file: Path, columns: int) -> None:
    result = falconry(local_file, "smoke", "--local", "--quick", columns=columns)

    assert result.returncode == 0, result.stdout
    assert "\x1b" not in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= columns
    assert re.search(r"All \d+ checks passed\.", result.stdout)


def test_what_fails_is_named_with_where_to_look(local_file: Path) -> None:
    result = falconry(local_file, "smoke", "--local", "--quick", "--key", "a-wrong-key", "--json")
    report = json.loads(result.stdout)
    by_name = {check["name"]: check for check in report["checks"] if check["model"] in (None, "falcon-180b-chat")}

    assert result.returncode == 1
    assert not report["passed"]
    assert by_name["no credentials: 401"]["passed"]
    assert "401 invalid_api_key" in by_name["models list"]["problems"][0]
    assert "request id" in by_name["hello, streamed"]["problems"][0]
    assert by_name["hello, streamed"]["look_at"]


def test_it_ends_in_time(local_file: Path) -> None:
    # GIVEN a server that takes connections and says nothing
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        started = time.monotonic()
        result = falconry(local_file, "smoke", "--local", "--timeout", "1", "--url", url)

    assert time.monotonic() - started < 10
    assert result.returncode == 1
    assert "Read timed out" in result.stdout
    assert "not run: the 1 s of --timeout have passed" in result.stdout


def test_an_unknown_model(local_file: Path) -> None:
    result = falconry(local_file, "smoke", "--local", "--model", "falcon-1b")

    assert result.returncode == 1
    assert "'falcon-1b' is not a model of e2e. Its models: falcon-180b-chat, " in result.stderr
