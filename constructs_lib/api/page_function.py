"""The Lambda function that serves the playground's page."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.api.function_role import FunctionRole
from constructs_lib.api.lambda_code import ARCHITECTURE, LAMBDA_SRC, RUNTIME

NIST_REASONS = {
    "LambdaConcurrency": "Its route's own throttle bounds it.",
    "LambdaDLQ": "API Gateway calls it and waits for the answer; nothing is queued.",
    "LambdaInsideVPC": "It reads nothing but its own files, which are the same for everybody.",
}


class PageFunction(Construct):
    """A function outside the VPC that serves one document to everybody and may only write its logs.

    It is separate from the gateway function so that the latter's start and memory do not grow, and so that a public
    function has no permission to call a model.

    Args:
        function_name: its name.
        html: the document.
        headers: the response headers.
        encryption_key: encrypts its logs.
        log_retention_days: how long its logs are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        html: bytes,
        headers: Mapping[str, str],
        encryption_key: kms.IKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        identity = FunctionRole(
            self,
            "Identity",
            function_name=function_name,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
        )
        with _folder(html, headers) as folder:
            self.function = lambda_.Function(
                self,
                "Function",
                function_name=function_name,
                description="Falconry playground: one static page",
                runtime=RUNTIME,
                architecture=ARCHITECTURE,
                # Copied into the assembly at once: the folder is temporary.
                code=lambda_.Code.from_asset(folder),
                handler="static_page.handler.handler",
                role=identity.role,
                memory_size=256,
                timeout=Duration.seconds(5),
                # The document goes compressed, and only the streaming runtime sends bytes that are no text. With the
                # deployment's key for this one path, what is open to everybody would need a right to decrypt.
                environment={"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/streaming_runtime/bootstrap"},
                log_group=identity.log_group,
            )
        for rule, reason in NIST_REASONS.items():
            acknowledge(self.function, rule, reason, NIST)


@contextmanager
def _folder(html: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    """A folder, for as long as the context lasts, with the handler, its runtime, and the document beside it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "page"
        for package in ("static_page", "streaming_runtime"):
            shutil.copytree(
                LAMBDA_SRC / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
            )
        (folder / "static_page" / "document.html").write_bytes(html)
        (folder / "static_page" / "headers.json").write_text(json.dumps(headers), encoding="utf-8")
        yield str(folder)
