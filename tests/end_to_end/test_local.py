"""`make local` as its user meets it: what it writes, what it refuses, what it leaves behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from local_aws.launcher import TINY_FALCON
from openai import OpenAI

from .local import ROOT, run, running

SIGNED = """\
region: us-east-1
retain_data: false
models: [{name: falcon-7b-instruct, model_data: artifact_bucket}]
api:
  access: private
  vpc_endpoint_ids: [vpce-0123456789abcdef0]
  auth: iam
  iam: {principals: ["arn:aws:iam::111122223333:role/app"]}
"""


def answer(api: dict[str, Any]) -> str | None:
    """What the API's first model says to a greeting."""
    client = OpenAI(base_url=api["base_url"], api_key=api["api_key"])
    messages: list[Any] = [{"role": "user", "content": "Hello!"}]
    completion = client.chat.completions.create(model=api["models"][0], messages=messages, temperature=0)
    return completion.choices[0].message.content


def gone(processes: list[psutil.Process], within: float = 15.0) -> bool:
    """Whether all of the processes end in the given seconds."""
    return not psutil.wait_procs(processes, timeout=within)[1]


def test_a_private_api_for_signed_requests_has_a_snippet_that_works_too(tmp_path: Path) -> None:
    config = tmp_path / "signed.yaml"
    config.write_text(SIGNED, encoding="utf-8")
    with running(tmp_path / "state", "--config", str(config)) as local:
        api = local.wait_until_ready()
        (snippet,) = re.findall(r"(curl --no-buffer .*?)\n\n", local.output, re.DOTALL)
        from_elsewhere = re.sub(r" -H 'x-local-vpc-endpoint: [^']*'", "", snippet)

        answers = [
            subprocess.run(
                ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
            ).stdout
            for command in (snippet, from_elsewhere)
        ]

    assert (api["auth"], api["api_key"]) == ("iam", None)
    assert "data: [DONE]" in answers[0]
    assert '"code": "access_denied"' in answers[1]


def test_a_folder_with_another_model_is_served_and_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    model = shutil.copytree(TINY_FALCON, tmp_path / "falcon-of-my-own")
    state = tmp_path / "state"
    with running(state, "--config", "dev", "--model-dir", str(model)) as local:
        api = local.wait_until_ready()
        port = int(api["base_url"].split(":")[2].split("/")[0])
        family = local.family()
        assert [p for p in family if str(model) in p.cmdline()], "no model server was started with the folder"
        assert answer(api) == "Hello! How can I help you today?"

        # WHEN it is asked to end THEN no process, no port and no api.json is left
        assert local.stop(signal.SIGINT) == 0
        assert gone(family)
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
        assert not (state / "api.json").exists()
        assert "nothing is left running" in local.output


def test_a_running_model_server_is_used_and_nothing_outlives_a_killed_launcher(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local_aws.model_server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as model_server:
        try:
            assert model_server.stdout is not None
            url = model_server.stdout.readline().split()[-1]
            with running(tmp_path / "state", "--config", "dev", "--model-server-url", url) as local:
                api = local.wait_until_ready()
                family = local.family()
                assert not [p for p in family if "local_aws.model_server" in p.cmdline()]
                assert answer(api) == "Hello! How can I help you today?"

                os.kill(local.process.pid, signal.SIGKILL)
                local.process.wait()
                assert gone(family)
        finally:
            model_server.terminate()


def test_stopped_in_the_middle_of_a_deployment(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--config", "dev") as local:
        deadline = time.monotonic() + 60
        while not (tmp_path / "state" / "logs" / "cdk-deploy.log").exists():
            assert time.monotonic() < deadline, local.output
            time.sleep(0.05)
        family = local.family()

        assert local.stop() == 0
        assert gone(family)


def test_an_unknown_config(tmp_path: Path) -> None:
    result = run("--config", "prod", "--state-dir", str(tmp_path))

    assert result.returncode == 1
    assert "config/prod.yaml: config file not found. Files in config/: dev, falcon-180b." in result.stderr


def test_a_port_that_is_none() -> None:
    result = run("--port", "http")

    assert result.returncode == 2
    assert "'http' is not a port" in result.stderr


def test_a_model_folder_that_is_none(tmp_path: Path) -> None:
    result = run("--config", "dev", "--port", "0", "--state-dir", str(tmp_path / "state"), "--model-dir", str(tmp_path))

    assert result.returncode == 1
    assert f"MODEL_DIR cannot be served. {tmp_path}: model.bin is missing. Convert the model again: " in result.stderr


def test_a_model_server_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        result = run("--config", "dev", "--port", "0", "--state-dir", str(tmp_path), "--model-server-url", url)

    assert result.returncode == 1
    assert f"No model server answers at MODEL_SERVER_URL: GET {url}/health: " in result.stderr


def test_a_failing_cdk_command_says_why(tmp_path: Path) -> None:
    # GIVEN a state folder in which the CDK cannot write its assembly
    (tmp_path / "cdk.out").write_text("in the way", encoding="utf-8")

    result = run("--config", "dev", "--port", "0", "--state-dir", str(tmp_path), timeout=90)

    assert result.returncode == 1
    assert "`cdk synth` failed. All it printed: " in result.stderr
    assert "nothing is left running" in result.stdout
