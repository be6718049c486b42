"""The outcome of one check, and how a question that was refused becomes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from falconry.aws_errors import DENIED, code_of, missing_action, sentence

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
            action = missing_action(error)
            return [unknown(subject, f"may not be asked with these credentials ({action})", f"Allow {action}.")]
        return [unknown(subject, f"could not be asked: {sentence(error)}")]
    except BotoCoreError as error:
        return [unknown(subject, f"could not be asked: {error}")]
