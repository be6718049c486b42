"""`python -m local_aws.shell`: a command in an AWS of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from .local import ROOT

SHELL = [sys.executable, "-m", "local_aws.shell"]


def shell(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*SHELL, *command],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "AWS_PROFILE": "production"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_running(folder: Path) -> list[str]:
    """Commands of processes that work in `folder`."""
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    return [command for command in commands if f"{folder}/local-aws-" in command]


ASKS_AWS = """
import json, os, sys, boto3
s3 = boto3.client("s3").get_object(Bucket="jumpstart-cache-prod-us-east-1", Key="models_manifest.json")
names = [row["model_id"] for row in json.load(s3["Body"])]
stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
endpoints = boto3.client("sagemaker").list_endpoints()["Endpoints"]
print(json.dumps([names, stacks, endpoints, os.environ.get("AWS_PROFILE"), os.environ["FALCONRY_API_URL"]]))
sys.exit(7)
"""


def test_a_command_finds_a_new_account_and_its_exit_code_counts(tmp_path: Path) -> None:
    process = shell(tmp_path, sys.executable, "-c", ASKS_AWS)
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 7, output
    names, stacks, endpoints, profile, url = json.loads(output)
    assert "huggingface-llm-falcon-180b-chat-bf16" in names
    assert (stacks, endpoints, profile) == ([], [], None)
    assert url.startswith("http://127.0.0.1:")
    assert left_running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_sigterm_ends_the_command_and_the_servers(tmp_path: Path) -> None:
    process = shell(tmp_path, "sleep", "300")
    deadline = time.monotonic() + 60
    while not any(child.name() == "sleep" for child in psutil.Process(process.pid).children()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert left_running(tmp_path) != []
    process.terminate()

    assert process.wait(30) == 128 + signal.SIGTERM
    assert left_running(tmp_path) == []


def test_what_cannot_be_run_is_said_in_a_sentence(tmp_path: Path) -> None:
    nothing = shell(tmp_path)
    unknown = shell(tmp_path, "no-such-command")

    assert "give a command, for example: npx cdk bootstrap" in nothing.communicate(timeout=60)[0]
    assert "No such file or directory: 'no-such-command'" in unknown.communicate(timeout=60)[0]
    assert (nothing.returncode, unknown.returncode) == (2, 1)
