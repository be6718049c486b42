"""From chat messages to the one string that a Falcon model continues.

The chat models were tuned on plain-text dialogue: no role label is a special token. So a label or a special string
inside what a user wrote would be read as the start of another turn; `neutralize` takes that meaning away and keeps the
text legible.

Sources of the formats: for falcon-180b-chat the demo of its publisher (`System: ...`, `User: ...`, `Falcon: ...`, one
line each); for the 7B and 40B instruct models the chat template published with tiiuae/falcon-7b-instruct.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chat.errors import ApiError, ErrorKind
from chat.models import DeployedModel, Models

SPECIAL_STRINGS = (
    ">>TITLE<<",
    ">>ABSTRACT<<",
    ">>INTRODUCTION<<",
    ">>SUMMARY<<",
    ">>COMMENT<<",
    ">>ANSWER<<",
    ">>QUESTION<<",
    ">>DOMAIN<<",
    ">>PREFIX<<",
    ">>SUFFIX<<",
    ">>MIDDLE<<",
    "<|endoftext|>",
)
"""Falcon's special tokens (ids 0 to 11). A server that encodes a prompt recognizes them anywhere in the text."""

_ROLE_LABEL = re.compile(r"^([ \t]*(?:System|User|Falcon|Assistant))(:)", re.IGNORECASE | re.MULTILINE)
_SPECIAL = re.compile("|".join(re.escape(text) for text in SPECIAL_STRINGS))


class Message(NamedTuple):
    """One turn of a conversation. `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """The dialogue format of a family of models.

    `labels` gives the text before each role's content, `separator` what stands between turns, and `stops` the texts
    with which the model would begin the next turn itself; generation ends there and they are never part of an answer.
    """

    labels: dict[str, str]
    separator: str
    leading: str
    stops: tuple[str, ...]
    collapse_blank_lines: bool

    def render(self, messages: Sequence[Message], *, neutral: bool = True) -> str:
        """The prompt for `messages`, ending where the assistant's next words belong.

        A last message of the assistant is left open, so that the model continues it. With `neutral` False role labels
        and special strings inside messages keep their meaning.
        """
        turns = [self._turn(message, neutral) for message in messages]
        if not messages or messages[-1].role != "assistant":
            turns.append(self.labels["assistant"].rstrip())
        prompt = self.separator.join(turns)
        return prompt if messages and messages[0].role == "system" else self.leading + prompt

    def _turn(self, message: Message, neutral: bool) -> str:
        content = message.content.replace("\r\n", "\n").strip()
        if neutral:
            content = neutralize(content)
        if self.collapse_blank_lines:
            content = re.sub(r"\n{2,}", "\n", content)
        return self.labels[message.role] + content


TEMPLATES = {
    "falcon-180b-chat": ChatTemplate(
        labels={"system": "System: ", "user": "User: ", "assistant": "Falcon: "},
        separator="\n",
        leading="",
        stops=("\nUser:", "\nSystem:", "\nFalcon:"),
        collapse_blank_lines=False,
    ),
    "falcon-instruct": ChatTemplate(
        labels={"system": "", "user": "User: ", "assistant": "Assistant: "},
        separator="\n\n",
        leading="\n\n",
        stops=("\nUser:", "\nAssistant:"),
        collapse_blank_lines=True,
    ),
}
"""The templates that a deployed model can name."""


def check_templates(models: Models) -> None:
    """Raise ValueError for a model whose template does not exist."""
    for model in models:
        if model.template is not None and model.template not in TEMPLATES:
            raise ValueError(f"{model.name}: template {model.template!r} is not one of {', '.join(TEMPLATES)}, or null")


def template_of(model: DeployedModel, models: Models) -> ChatTemplate:
    """The template of `model`. Raises ApiError for a base model, and says which of `models` to use instead."""
    if model.template is None:
        chat_models = ", ".join(other.name for other in models if other.template) or "none"
        raise ApiError(
            ErrorKind.MODEL_CANNOT_CHAT,
            f"{model.name} is a base model: it continues text and was not tuned on dialogue. "
            f'Use POST /models/{model.name} with {{"inputs": ...}}, or a chat model. Deployed here: {chat_models}.',
            param="model",
        )
    return TEMPLATES[model.template]


def neutralize(text: str) -> str:
    """`text` in which no line starts with a role label and no special token of Falcon is left.

    The replacement can be seen ("User :" for "User:"), keeps every word, and touches labels only at the start of a
    line. It reduces the risk that a message forges a turn; it does not remove it, since the model reads plain text.
    """
    without_special = _SPECIAL.sub(lambda match: f"{match[0][:2]} {match[0][2:-2]} {match[0][-2:]}", text)
    return _ROLE_LABEL.sub(r"\1 \2", without_special)
