"""A conversation with a model: its messages, the parameters to generate with, and the file that keeps it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from falconry.errors import CommandError

_FIXED = ("messages", "model", "stream", "stream_options", "n")
"""What the command itself sets in a request."""


@dataclass
class Conversation:
    """The turns so far, and how to generate the next one.

    Attributes:
        model: its name in the API.
        messages: {"role", "content"} of each turn, a system message first if there is one.
        parameters: as the API takes them: {"temperature": 0.5}.
    """

    model: str
    messages: list[dict[str, str]] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def system(self) -> str:
        """The system prompt, or ""."""
        first = self.messages[:1]
        return first[0]["content"] if first and first[0]["role"] == "system" else ""

    @system.setter
    def system(self, text: str) -> None:
        rest = self.messages[1:] if self.system else self.messages
        self.messages = [{"role": "system", "content": text}, *rest] if text else rest

    def ask(self, text: str) -> None:
        self.messages.append({"role": "user", "content": text})

    def answer(self, text: str) -> None:
        self.messages.append({"role": "assistant", "content": text})

    def take_back(self) -> str:
        """Removes the last question and its answer, and returns the question; "" if there is none."""
        for index in range(len(self.messages) - 1, -1, -1):
            if self.messages[index]["role"] == "user":
                question = self.messages[index]["content"]
                del self.messages[index:]
                return question
        return ""

    def set(self, name: str, text: str) -> None:
        """Sets a parameter. `text` is parsed as JSON if it is JSON, and taken literally otherwise."""
        if name in _FIXED:
            raise CommandError(f"{name} cannot be set here. /help lists the commands.")
        try:
            self.parameters[name] = json.loads(text)
        except ValueError:
            self.parameters[name] = text

    def request(self) -> dict[str, Any]:
        """The body of a streamed chat completion."""
        return {
            "model": self.model,
            "messages": self.messages,
            **self.parameters,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

    def save(self, path: Path) -> None:
        content = {"model": self.model, "parameters": self.parameters, "messages": self.messages}
        try:
            path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{path}: cannot be written: {error.strerror}") from None

    @classmethod
    def load(cls, path: Path) -> Conversation:
        """What `save` wrote. Raises CommandError for anything else."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            messages = [{"role": str(one["role"]), "content": str(one["content"])} for one in content["messages"]]
            return cls(str(content["model"]), messages, dict(content["parameters"]))
        except OSError as error:
            raise CommandError(f"{path}: cannot be read: {error.strerror}") from None
        except (ValueError, KeyError, TypeError):
            raise CommandError(f"{path}: not a conversation written by /save.") from None
