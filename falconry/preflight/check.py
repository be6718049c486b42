"""The result of one check, and what becomes of a check that AWS refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from falconry.aws_errors import DENIED, code_of, missing_action, sentence

if TYPE_CHECKING:
    from falconry.target import Target


class CheckOutcome(StrEnum):
    """How a check ended. `UNKNOWN`: not checked, for want of a permission or of an answer from AWS."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        subject: what was checked ("quota of ml.p4de.24xlarge").
        found: the finding, with its values.
        mend: the fix, if one is needed: a command or a sentence.
    """

    subject: str
    outcome: CheckOutcome
    found: str
    mend: str = ""


Checker = Callable[["Target"], Sequence[Check]]


def ok(subject: str, found: str) -> Check:
    return Check(subject, CheckOutcome.OK, found)


def warning(subject: str, found: str, mend: str = "") -> Check:
    return Check(subject, CheckOutcome.WARNING, found, mend)


def failed(subject: str, found: str, mend: str) -> Check:
    return Check(subject, CheckOutcome.FAILED, found, mend)


def unknown(subject: str, found: str, mend: str = "") -> Check:
    return Check(subject, CheckOutcome.UNKNOWN, found, mend)


def run_checker(subject: str, checker: Checker, target: Target) -> Sequence[Check]:
    """Run a checker. Where AWS refuses or fails, the outcome is unknown, with the missing permission."""
    try:
        return checker(target)
    except ClientError as error:
        if code_of(error) in DENIED:
            action = missing_action(error)
            return [unknown(subject, f"these credentials may not check it ({action})", f"Allow {action}.")]
        return [unknown(subject, f"not checked: {sentence(error)}")]
    except BotoCoreError as error:
        return [unknown(subject, f"not checked: {error}")]
