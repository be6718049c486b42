"""The sample prompts of Falcon 180B's announcement on the AWS Machine Learning Blog, with the answers printed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from falconry.catalog._data import read


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Attributes:
        kind: "completion" (the base model continues `prompt`) or "chat" (the chat model answers `messages`).
        messages: {"role", "content"} of each turn, as the OpenAI API takes them.
        parameters: generation parameters in the names of the container's own payload.
        answer: the announced answer, without leading space, stop sequence and trailing white space.
    """

    id: str
    kind: Literal["completion", "chat"]
    title: str
    parameters: Mapping[str, Any]
    answer: str
    prompt: str = ""
    messages: tuple[Mapping[str, str], ...] = field(default=())


def samples() -> tuple[Sample, ...]:
    """All samples, in the order of the announcement."""
    return tuple(Sample(**{**row, "messages": tuple(row.get("messages", ()))}) for row in read("samples"))
