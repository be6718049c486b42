"""A function's configuration as Lambda reports it, and its code as a folder."""

import base64
import hashlib
import io
import logging
import shutil
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
from botocore.exceptions import ClientError

from local_aws.data_plane.api_gateway.definition import FunctionTarget

logger = logging.getLogger(__name__)


class CodeUnavailableError(Exception):
    """The function cannot be run from what is deployed; the message says why."""


@dataclass(frozen=True)
class Function:
    """One version of a function. `identity` changes with everything that needs new environments."""

    target: FunctionTarget
    arn: str
    version: str
    handler: str
    runtime: str
    timeout_seconds: float
    memory_mb: int
    role: str
    environment: tuple[tuple[str, str], ...]
    code_sha256: str
    code_location: str
    reserved_concurrency: int | None
    has_layers: bool
    log_group: str

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def invoked_arn(self) -> str:
        """The ARN with the qualifier that was called."""
        base = ":".join(self.arn.split(":")[:7])
        return base if self.target.qualifier is None else f"{base}:{self.target.qualifier}"


def load_function(client: Any, target: FunctionTarget) -> Function:
    """Reads a function with a boto3 `lambda` client. Raises botocore's ClientError if there is none."""
    arguments = {"FunctionName": target.name}
    if target.qualifier is not None:
        arguments["Qualifier"] = target.qualifier
    answer = client.get_function(**arguments)
    configuration = answer["Configuration"]
    return Function(
        target=target,
        arn=configuration["FunctionArn"],
        version=configuration.get("Version") or "$LATEST",
        handler=configuration.get("Handler") or "",
        runtime=configuration.get("Runtime") or "",
        timeout_seconds=float(configuration.get("Timeout") or 3),
        memory_mb=int(configuration.get("MemorySize") or 128),
        role=configuration.get("Role") or "",
        environment=tuple(sorted((configuration.get("Environment") or {}).get("Variables", {}).items())),
        code_sha256=configuration.get("CodeSha256") or "",
        code_location=(answer.get("Code") or {}).get("Location") or "",
        reserved_concurrency=(answer.get("Concurrency") or {}).get("ReservedConcurrentExecutions"),
        has_layers=bool(configuration.get("Layers")),
        log_group=(configuration.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{target.name}",
    )


def unpack_code(s3_client: Any, function: Function, directory: Path) -> Path:
    """The function's code as a folder (its LAMBDA_TASK_ROOT), fetched once per content. Raises CodeUnavailableError."""
    if not function.runtime.startswith("python"):
        raise CodeUnavailableError(
            f"function {function.name}: runtime {function.runtime!r}; this emulation runs python runtimes"
        )
    if function.has_layers:
        raise CodeUnavailableError(
            f"function {function.name} uses layers; this emulation runs functions without layers"
        )
    digest = hashlib.sha256(f"{function.code_sha256} {function.code_location}".encode()).hexdigest()[:16]
    folder = directory / function.name / digest
    if folder.is_dir():
        return folder
    archive = _fetch(s3_client, function)
    unfinished = folder.with_name(f"{digest}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as code:
        for member in code.infolist():
            path = Path(code.extract(member, unfinished))
            mode = stat.S_IMODE(member.external_attr >> 16)
            if not member.is_dir():
                # The archive's execute permission counts (a wrapper script needs it); the owner can always read.
                path.chmod(mode | stat.S_IRUSR | stat.S_IWUSR)
    unfinished.rename(folder)
    return folder


def _fetch(s3_client: Any, function: Function) -> bytes:
    """The deployment package.

    GetFunction's location is a presigned URL in AWS. moto gives one that nobody serves, but with the object's key: then
    the object is looked for in the account's buckets, and accepted only with the right digest.
    """
    location = urlsplit(function.code_location)
    if location.hostname in ("localhost", "127.0.0.1"):
        answer = httpx2.get(function.code_location, timeout=10)
        if answer.status_code == 200 and _has_digest(answer.content, function):
            return answer.content
    key = unquote(location.path.lstrip("/"))
    for bucket in s3_client.list_buckets()["Buckets"] if key else []:
        try:
            content: bytes = s3_client.get_object(Bucket=bucket["Name"], Key=key)["Body"].read()
        except ClientError:
            continue
        if _has_digest(content, function):
            return content
    raise CodeUnavailableError(
        f"function {function.name}: no bucket holds the package {key!r}, CodeSha256 {function.code_sha256!r}."
        " Deploy the code through S3, as the CDK does (moto keeps an inline ZipFile where no call can read it)."
    )


def _has_digest(content: bytes, function: Function) -> bool:
    return base64.b64encode(hashlib.sha256(content).digest()).decode() == function.code_sha256
