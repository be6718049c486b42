"""S3."""

import copy
import json
from typing import Any

from moto.s3.models import FakeBucket, S3Backend

from .patching import replace


def _without_conditions(policy: bytes) -> bytes:
    document: dict[str, Any] = json.loads(policy)
    statements = document.get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    unconditional = [statement for statement in statements if not statement.get("Condition")]
    return json.dumps(document | {"Statement": unconditional}).encode()


def _deliver_no_access_log(self: S3Backend, request: Any, bucket_name: str) -> None:
    """The setting is kept; no log is written."""


def install() -> None:
    # moto writes an access log for each request at once, DeleteBucket included, so that a stack with a logged bucket
    # and its log bucket can never be deleted. AWS delivers the logs hours later.
    replace(S3Backend, "log_incoming_request", _deliver_no_access_log)

    # moto enforces a bucket policy's Deny and ignores its Condition, so that `enforceSSL` denies everything. Statements
    # with a condition are stored and given back, and not enforced.
    original = FakeBucket.get_permission

    def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
        if not self.policy:
            return original(self, action, resource)
        enforced = copy.copy(self)
        enforced.policy = _without_conditions(self.policy)
        return original(enforced, action, resource)

    replace(FakeBucket, "get_permission", get_permission)
