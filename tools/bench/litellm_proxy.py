"""LiteLLM's proxy with its SageMaker provider, in its own virtual environment."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from local_aws.ports import free_port

from tools.bench import child, question
from tools.bench.arrivals import Arrivals, Timing

PROGRAM = Path(__file__).resolve().parents[2] / ".venv-litellm" / "bin" / "litellm"
START_SECONDS = 120.0
"""Its imports take many seconds on a busy machine."""


class LiteLlm:
    """The proxy, asked on a connection that is kept open."""

    name = "LiteLLM"

    def __init__(self, process_id: int, connection: socket.socket) -> None:
        self.process_id = process_id
        self._connection = connection

    @classmethod
    @contextlib.contextmanager
    def running(cls, url: str, folder: Path, log_file: Path) -> Iterator[LiteLlm]:
        config = folder / "litellm.json"
        config.write_text(json.dumps(litellm_config(url), indent=2), encoding="utf-8")  # JSON is YAML
        port = free_port()
        arguments = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--keepalive_timeout", "600"]
        with log_file.open("ab") as log:
            process = subprocess.Popen(
                [PROGRAM, *arguments], env=litellm_environment(), cwd=folder, stdout=log, stderr=subprocess.STDOUT
            )
        with child.ending(process), _connect(process, port, log_file) as connection:
            yield cls(process.pid, connection)

    def ask(self, endpoint: str) -> Timing:
        body = question.openai_body(endpoint)
        head = (
            "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        arrivals = Arrivals(time.perf_counter())
        self._connection.sendall(head.encode() + body)
        arrivals.read(self._connection)
        return arrivals.timing(question.ANSWER)


def litellm_config(url: str) -> dict[str, object]:
    """The provider `sagemaker` speaks TGI's own payload. (`sagemaker_chat` sends messages and leaves the prompt to the
    server; a Falcon has no chat template there.) The prompt's format is given here: the one that LiteLLM has for
    falcon-180B-chat is never reached in the locked version, which compares a lower-case name with "180B"."""
    return {
        "model_list": [
            {
                "model_name": name,
                "litellm_params": {
                    "model": f"sagemaker/{name}",
                    "sagemaker_base_url": f"{url}/endpoints/{name}/invocations-response-stream",
                    "roles": {
                        "system": {"pre_message": "System: ", "post_message": "\n"},
                        "user": {"pre_message": "User: ", "post_message": "\n"},
                    },
                    "final_prompt_value": "Falcon:",
                    "aws_access_key_id": "bench",
                    "aws_secret_access_key": "bench",
                    "aws_region_name": "us-east-1",
                },
            }
            for name in ("no-gap", "paced")
        ],
        "litellm_settings": {"telemetry": False, "num_retries": 0},
        "general_settings": {},
    }


def litellm_environment() -> dict[str, str]:
    """Production mode without network access: traffic to other machines ends at a closed port."""
    nowhere = "http://127.0.0.1:9"
    return {
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "en_US.UTF-8",
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOG": "ERROR",
        "LITELLM_TELEMETRY": "False",
        # The front checks no key either: API Gateway does.
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
        "HF_HUB_OFFLINE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _connect(process: subprocess.Popen[bytes], port: int, log_file: Path) -> socket.socket:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            time.sleep(0.2)
            continue
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection
    raise RuntimeError(f"LiteLLM's proxy did not start; what it printed is in {log_file}")
