"""The outcome of one check, and how a question that was refused becomes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from falconry.aws_errors import DENIED, code_of, sentence

if TYPE_CHECKING:
    from falconry.target import Target


class Outcome(StrEnum):
    """`UNKNOWN`: it could not be asked, for want of a permission or since AWS has no answer."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        subject: what was looked at ("quota of ml.p4de.24xlarge").
        found: what was found, with its values.
        mend: what to do, where something is to be done: a command, or a sentence.
    """

    subject: str
    outcome: Outcome
    found: str
    mend: str = ""


Checker = Callable[["Target"], Sequence[Check]]


def ok(subject: str, found: str) -> Check:
    return Check(subject, Outcome.OK, found)


def warning(subject: str, found: str, mend: str = "") -> Check:
    return Check(subject, Outcome.WARNING, found, mend)


def failed(subject: str, found: str, mend: str) -> Check:
    return Check(subject, Outcome.FAILED, found, mend)


def unknown(subject: str, found: str, mend: str = "") -> Check:
    return Check(subject, Outcome.UNKNOWN, found, mend)


def asked(subject: str, checker: Checker, target: Target) -> Sequence[Check]:
    """The checker's outcome; where AWS refuses or fails, that it could not be asked, with the permission it takes."""
    try:
        return checker(target)
    except ClientError as error:
        if code_of(error) in DENIED:
            action = _action(error.operation_name)
            return [unknown(subject, f"may not be asked with these credentials ({action})", f"Allow {action}.")]
        return [unknown(subject, f"could not be asked: {sentence(error)}")]
    except BotoCoreError as error:
        return [unknown(subject, f"could not be asked: {error}")]


_SERVICES = {
    "GetServiceQuota": "servicequotas",
    "ListServiceQuotas": "servicequotas",
    "GetAWSDefaultServiceQuota": "servicequotas",
    "GetParameter": "ssm",
    "ListObjectsV2": "s3",
    "HeadObject": "s3",
    "GetObject": "s3",
    "GetAccountSettings": "lambda",
    "GetFunctionConcurrency": "lambda",
    "GetAccount": "apigateway",
    "DescribeStacks": "cloudformation",
    "DescribeCertificate": "acm",
    "ListEndpoints": "sagemaker",
    "DescribeEndpoint": "sagemaker",
    "DescribeEndpointConfig": "sagemaker",
    "DescribeModel": "sagemaker",
}
"""The IAM prefix of the operations that checks use. Those that are not listed are EC2's."""

_ACTIONS = {"ListObjectsV2": "ListBucket", "HeadObject": "GetObject", "GetAccount": "GET"}
"""Where IAM's action is called otherwise than the operation."""


def _action(operation: str) -> str:
    """ "s3:ListBucket" for "ListObjectsV2"."""
    return f"{_SERVICES.get(operation, 'ec2')}:{_ACTIONS.get(operation, operation)}"
