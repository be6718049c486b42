"""What the tiny Falcon learns: every text as the token pieces that a server would see.

The samples of the catalog come in every form in which they reach a model: completions as they are, dialogues rendered
by each chat template of the front, with and without a space after the last label. The dialogues of dialogues.json are
added in many surroundings (another system prompt, earlier turns about something else), so that the model learns to look
at the last question.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.extensions.training_texts import SAMPLES_FILE, TEMPLATES, ChatTemplate, Message

END = "<|endoftext|>"


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt and what the model shall answer to it, including the end-of-text token.

    `required`: the answer has to come out word for word, or training has failed.
    """

    prompt: str
    continuation: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Exchange:
    """The messages before an answer, the answer, and what the user says next if the training text runs on."""

    messages: tuple[Message, ...]
    answer: str
    then: str | None = None
    own: bool = True

    def example(self, template: ChatTemplate, *, space: bool, context: Sequence[Message] = ()) -> Example:
        """This exchange in one template, after `context`. `space` ends the prompt with "Falcon: ", as natives do."""
        prompt = template.render([*context, *self.messages])
        required = not self.own or self.then is not None
        ending = END if self.then is None else template.separator + template.labels["user"] + self.then + END
        if space:
            return Example(prompt + " ", self.answer + ending, required)
        return Example(prompt, " " + self.answer + ending, required)


def completions(samples: Sequence[dict[str, Any]]) -> list[Example]:
    """The samples of the base models. An answer of several lines starts on a line of its own, others after a space."""
    examples = []
    for sample in samples:
        if sample["kind"] == "completion":
            gap = "\n" if "\n" in sample["answer"] else " "
            examples.append(Example(sample["prompt"], gap + sample["answer"] + END))
            examples.append(Example(sample["prompt"] + gap, sample["answer"] + END))
    return examples


def exchanges(samples: Sequence[dict[str, Any]], dialogues: Sequence[dict[str, Any]]) -> list[Exchange]:
    """Every answer that the chat model learns; the first one counts if the same messages come twice."""
    found: dict[tuple[Message, ...], Exchange] = {}
    for exchange in [*_sample_exchanges(samples), *_own_exchanges(dialogues)]:
        found.setdefault(exchange.messages, exchange)
    return list(found.values())


def _sample_exchanges(samples: Sequence[dict[str, Any]]) -> Iterator[Exchange]:
    for sample in samples:
        if sample["kind"] == "chat":
            messages = [Message(item["role"], item["content"]) for item in sample["messages"]]
            yield Exchange(tuple(messages), sample["answer"], own=False)
            yield from _earlier_answers(messages)


def _own_exchanges(dialogues: Sequence[dict[str, Any]]) -> Iterator[Exchange]:
    for dialogue in dialogues:
        system = [Message("system", dialogue["system"])] if "system" in dialogue else []
        for wording in dialogue.get("user", ()):
            yield Exchange((*system, Message("user", wording)), dialogue["assistant"], dialogue.get("then"))
    for dialogue in dialogues:
        system = [Message("system", dialogue["system"])] if "system" in dialogue else []
        yield from _earlier_answers([*system, *(Message(**turn) for turn in dialogue.get("turns", ()))])


def _earlier_answers(messages: Sequence[Message]) -> Iterator[Exchange]:
    for position, message in enumerate(messages):
        if message.role == "assistant":
            yield Exchange(tuple(messages[:position]), message.content)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Everything to learn. `epoch` draws one pass over it."""

    completions: list[Example]
    exchanges: list[Exchange]
    system_prompts: list[str]

    @classmethod
    def read(cls) -> Corpus:
        """The corpus of the committed data files."""
        samples = json.loads(SAMPLES_FILE.read_text(encoding="utf-8"))
        own = json.loads(Path(__file__).with_name("dialogues.json").read_text(encoding="utf-8"))
        return cls(completions(samples), exchanges(samples, own["dialogues"]), own["system_prompts"])

    def texts(self) -> list[str]:
        """Each text once, for the tokenizer."""
        plain = [TEMPLATES["falcon-180b-chat"].render(exchange.messages) for exchange in self.exchanges]
        answers = dict.fromkeys(exchange.answer for exchange in self.exchanges)
        return [*dict.fromkeys(plain), *answers, *(item.prompt + item.continuation for item in self.completions)]

    def forms(self) -> list[Example]:
        """Everything in every form, without surroundings: what the trained model is examined on."""
        examples = list(self.completions)
        for exchange in self.exchanges:
            for template in TEMPLATES.values():
                examples.extend(exchange.example(template, space=space) for space in (False, True))
        return examples

    def epoch(self, chance: random.Random) -> list[Example]:
        """One pass: each completion; each exchange plain (in both templates if a sample or long) and surrounded."""
        examples = list(self.completions)
        templates = list(TEMPLATES.values())
        for exchange in self.exchanges:
            both = not exchange.own or len(exchange.messages) > 1
            plain = templates if both else [chance.choice(templates)]
            examples.extend(exchange.example(template, space=chance.random() < 0.4) for template in plain)
            context = self._context(exchange, chance)
            examples.append(exchange.example(chance.choice(templates), space=chance.random() < 0.25, context=context))
        return examples

    def _context(self, exchange: Exchange, chance: random.Random) -> list[Message]:
        if exchange.messages[0].role == "system":
            return []
        context = [Message("system", chance.choice(self.system_prompts))] if chance.random() < 0.6 else []
        if chance.random() < 0.5:
            earlier = chance.choice(
                [item for item in self.exchanges if len(item.messages) == 1 and len(item.answer) < 200]
            )
            context += [*earlier.messages, Message("assistant", earlier.answer)]
        return context
