"""The context object that a function gets with an invocation."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from email.message import Message
from types import SimpleNamespace


def _from_environment(name: str) -> str | None:
    return os.environ.get(name)


@dataclass(slots=True)
class Context:
    """The context object of a Python function, as documented in the Lambda developer guide."""

    aws_request_id: str
    deadline_ms: int
    invoked_function_arn: str | None = None
    client_context: object = None
    identity: object = None
    tenant_id: str | None = None
    function_name: str | None = field(default_factory=lambda: _from_environment("AWS_LAMBDA_FUNCTION_NAME"))
    function_version: str | None = field(default_factory=lambda: _from_environment("AWS_LAMBDA_FUNCTION_VERSION"))
    memory_limit_in_mb: str | None = field(default_factory=lambda: _from_environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"))
    log_group_name: str | None = field(default_factory=lambda: _from_environment("AWS_LAMBDA_LOG_GROUP_NAME"))
    log_stream_name: str | None = field(default_factory=lambda: _from_environment("AWS_LAMBDA_LOG_STREAM_NAME"))

    @classmethod
    def from_headers(cls, headers: Message) -> Context:
        """From the headers with which the Runtime API hands over an invocation."""
        identity = _json(headers.get("Lambda-Runtime-Cognito-Identity"))
        known = identity if isinstance(identity, dict) else {}
        client_context = _json(headers.get("Lambda-Runtime-Client-Context"))
        return cls(
            aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
            deadline_ms=int(headers["Lambda-Runtime-Deadline-Ms"]),
            invoked_function_arn=headers.get("Lambda-Runtime-Invoked-Function-Arn"),
            client_context=SimpleNamespace(**client_context) if isinstance(client_context, dict) else None,
            identity=SimpleNamespace(
                cognito_identity_id=known.get("cognitoIdentityId"),
                cognito_identity_pool_id=known.get("cognitoIdentityPoolId"),
            ),
            tenant_id=headers.get("Lambda-Runtime-Aws-Tenant-Id"),
        )

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation; 0 after that."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


def _json(header: str | None) -> object:
    try:
        return json.loads(header) if header else None
    except ValueError:
        return None
