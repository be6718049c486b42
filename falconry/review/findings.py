"""Findings: what a reviewer has to know, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """DANGER stops the pull request; ATTENTION is a warning; NOTE is for information."""

    DANGER = "danger"
    ATTENTION = "attention"
    NOTE = "note"


class Topic(StrEnum):
    """The subject of a finding, in the order in which a reviewer reads."""

    ENDPOINT = "endpoint"
    ACCESS = "access"
    NETWORK = "network"
    DATA = "data"
    CLIENTS = "clients"
    DEPLOY = "deploy"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reviewer has to know.

    Attributes:
        subject: what it is about, such as an endpoint's name or a construct path.
        what: what the change does, one or two sentences.
        mend: what to do before the merge; "" where there is nothing to do but to look.
    """

    level: Level
    topic: Topic
    subject: str
    what: str
    mend: str = ""


def danger(topic: Topic, subject: str, what: str, mend: str) -> Finding:
    return Finding(Level.DANGER, topic, subject, what, mend)


def attention(topic: Topic, subject: str, what: str, mend: str = "") -> Finding:
    return Finding(Level.ATTENTION, topic, subject, what, mend)


def note(topic: Topic, subject: str, what: str) -> Finding:
    return Finding(Level.NOTE, topic, subject, what)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without duplicates: dangers first, then by topic."""
    levels, topics = list(Level), list(Topic)
    return sorted(dict.fromkeys(findings), key=lambda one: (levels.index(one.level), topics.index(one.topic)))
