"""The deployed Lambda functions, started here as Lambda starts them: the same files, the same libraries, no others."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_aws.data_plane.lambda_service.runtime_folder import interpreter, make_runtime_folder

from falconry.catalog import MODELS

LAMBDA_SRC = Path(__file__).resolve().parents[2] / "lambda_src"
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Deployed:
    """One function: its packages in `lambda_src` and its handler, as the CDK constructs deploy them."""

    packages: tuple[str, ...]
    handler: str


FRONT = Deployed(("chat", "streaming_runtime"), "chat.host.handler.handler")
AUTHORIZER = Deployed(("authorizer",), "authorizer.handler.handler")


def front_environment(sagemaker_url: str) -> dict[str, str]:
    """The variables of the deployed front, with one model for each endpoint of the stand-in at `sagemaker_url`."""
    model = MODELS["falcon-180b-chat"]
    models = [
        {
            "name": name,
            "endpoint": name,
            "container": model.container.name,
            "container_version": model.container_version,
            "template": model.chat_template,
            "max_total_tokens": model.max_total_tokens,
            "max_input_tokens": model.max_input_tokens,
            "max_stop_sequences": 8,
        }
        for name in ("no-gap", "paced")
    ]
    return {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sagemaker_url,
        "FALCONRY_MODELS": json.dumps(models, separators=(",", ":")),
        "FALCONRY_CLIENTS": '{"key-id":"bench"}',
    }


class LambdaFolders:
    """What stands for /var/task and /var/runtime, made in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.runtime = make_runtime_folder(folder / "runtime")

    def task(self, function: Deployed, *, compiled: bool) -> Path:
        """The function's files. Lambda's /var/task cannot be written, so what is not `compiled` in the bundle is
        compiled anew at each cold start."""
        task = self._folder / f"{function.packages[0]}-{'compiled' if compiled else 'sources'}"
        shutil.rmtree(task, ignore_errors=True)
        for package in function.packages:
            shutil.copytree(LAMBDA_SRC / package, task / package, ignore=shutil.ignore_patterns("__pycache__"))
        if compiled:
            compileall.compile_dir(task, quiet=2)
        return task

    def start(
        self,
        function: Deployed,
        task: Path,
        runtime_api: str,
        variables: Mapping[str, str],
        log_file: Path,
    ) -> subprocess.Popen[bytes]:
        """Start an environment whose Runtime API is at `runtime_api`. What it prints is appended to `log_file`."""
        command = [interpreter(), str(self.runtime / "bootstrap.py")]
        if "streaming_runtime" in function.packages:
            command.insert(0, str(task / "streaming_runtime" / "bootstrap"))
        environment = {
            **python_environment(self.runtime),
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_LAMBDA_FUNCTION_NAME": function.packages[0],
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.packages[0]}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "LAMBDA_TASK_ROOT": str(task),
            "LAMBDA_RUNTIME_DIR": str(self.runtime),
            "_HANDLER": function.handler,
            **variables,
        }
        with log_file.open("ab") as log:
            return subprocess.Popen(command, env=environment, cwd=task, stdout=log, stderr=subprocess.STDOUT)


def python_environment(runtime: Path) -> dict[str, str]:
    """The variables that every Python process of the bench gets that plays a part in Lambda: no package but those of
    Lambda's runtime, no compiled files written, invented credentials, no network but this machine's."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(runtime),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "en_US.UTF-8",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "bench",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def bundle_bytes(function: Deployed, folder: Path) -> int:
    """The size of the zipped bundle, packed as the CDK packs an asset (without compiled files)."""
    archive = folder / f"{function.packages[0]}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for package in function.packages:
            for file in sorted((LAMBDA_SRC / package).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    bundle.write(file, file.relative_to(LAMBDA_SRC))
    return archive.stat().st_size


def gateway_event(body: bytes) -> dict[str, object]:
    """The event of API Gateway's REST proxy integration (payload version 1.0) for POST /v1/chat/completions."""
    headers = {
        "Accept": "application/json",
        "Authorization": "Bearer a-key-of-twenty-letters",
        "Content-Type": "application/json",
        "Host": "api.example.com",
        "User-Agent": "OpenAI/Python",
        "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    path = "/v1/chat/completions"
    return {
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": "POST",
            "path": f"/live{path}",
            "accountId": "123456789012",
            "stage": "live",
            "requestId": "00000000-0000-0000-0000-000000000000",
            "identity": {"sourceIp": "198.51.100.7", "apiKeyId": "key-id", "apiKey": "a-key-of-twenty-letters"},
            "apiId": "bench",
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }
