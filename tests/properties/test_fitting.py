"""Whatever the conversation and the limits, what is sent in the end fits, and no more is left out than has to be."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from chat.http import Response
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.counting_tgi import CountingClient, Tokenizer, tokenizers
from tests.unit.front_support import Clock, chat, front, read

MOST_CALLS = 5
"""One for each correction of the front's estimate, and the one that is taken."""


@dataclass(frozen=True, slots=True)
class Case:
    """A conversation and what it has to fit into."""

    messages: list[dict[str, str]]
    max_tokens: int | None
    max_input: int
    max_total: int
    client: CountingClient

    def send(self) -> Response:
        target = front(self.client, Clock(), max_input_tokens=self.max_input, max_total_tokens=self.max_total)
        limit = {} if self.max_tokens is None else {"max_tokens": self.max_tokens}
        return chat(target, messages=self.messages, **limit)

    @property
    def last_question(self) -> int:
        """Where the last message of a user is; from there on nothing may go."""
        return max((i for i, message in enumerate(self.messages) if message["role"] == "user"), default=0)

    def may_go(self) -> list[int]:
        """The messages that may be left out, oldest first."""
        return [i for i in range(self.last_question) if self.messages[i]["role"] != "system"]

    def kept(self, prompt: str) -> list[int]:
        """The messages that are in `prompt`, known by their marks."""
        return [i for i in range(len(self.messages)) if f"<{i}>" in prompt]


@st.composite
def cases(draw: st.DrawFn, sizes: st.SearchStrategy[Tokenizer]) -> Case:
    messages = draw(st.one_of(any_conversations(), long_conversations()))
    max_total = draw(st.integers(16, 3000))
    max_input = draw(st.one_of(st.just(max_total - 1), st.integers(8, max_total)))
    max_tokens = draw(st.one_of(st.none(), st.integers(1, max_total - 1)))
    client = CountingClient(draw(sizes), max_input, max_total, draw(st.booleans()), draw(st.booleans()))
    return Case(messages, max_tokens, max_input, max_total, client)


@st.composite
def any_conversations(draw: st.DrawFn) -> list[dict[str, str]]:
    """Roles in any order, contents of any length."""
    roles = draw(st.lists(st.sampled_from(["user", "assistant", "user", "assistant", "system"]), max_size=12))
    if draw(st.booleans()):
        roles = ["system", *roles]
    if not roles or draw(st.booleans()):
        roles.append("user")
    lengths = st.one_of(st.integers(0, 30), st.integers(0, 2000), st.integers(0, 9000))
    return [message(number, role, draw(_WORDS), draw(lengths)) for number, role in enumerate(roles)]


@st.composite
def long_conversations(draw: st.DrawFn) -> list[dict[str, str]]:
    """Many turns, of which the older ones are of another kind than the newer: what was learnt of those misleads."""
    turns, newer = draw(st.integers(1, 40)), draw(st.integers(0, 40))
    kinds = [(draw(_WORDS), draw(st.integers(0, 600))) for _ in range(2)]
    messages = [message(0, "system", *kinds[0])]
    for turn in range(turns):
        for role in ("user", "assistant"):
            messages.append(message(len(messages), role, *kinds[turn >= newer]))
    return [*messages, message(len(messages), "user", *kinds[1])]


_WORDS = st.sampled_from(["word ", "1234 ", "\u4e2d\u6587 ", "w"])
"""Letters, digits, and letters of 3 bytes, which cost different numbers of tokens."""


def message(number: int, role: str, word: str, length: int) -> dict[str, str]:
    """A message of about `length` characters that begins with a mark."""
    return {"role": role, "content": f"<{number}>" + word * (length // len(word))}


@given(cases(tokenizers()))
def test_what_is_sent_in_the_end_fits_or_the_client_is_told_that_it_cannot(case: Case) -> None:
    response = case.send()

    assert len(case.client.payloads) <= MOST_CALLS
    assert all(stream.closed for stream in case.client.streams)
    if response.status == 200:
        assert case.client.fitted
        asked = case.client.payloads[-1]["parameters"]["max_new_tokens"]
        assert asked >= 1 if case.max_tokens is None else asked == case.max_tokens
    else:
        error: dict[str, Any] = read(response)["error"]
        assert (response.status, error["code"]) == (400, "context_length_exceeded")
        # Not even system messages and last question alone would fit.
        least = shortest_prompt(case)
        assert case.client.refusal(least, case.max_tokens or 1) is not None, "it would have fitted"


@given(cases(tokenizers()))
def test_turns_go_whole_and_oldest_first_and_system_messages_stay(case: Case) -> None:
    response = case.send()

    may_go = case.may_go()
    for payload in case.client.payloads:
        kept = case.kept(payload["inputs"])
        gone = [i for i in range(len(case.messages)) if i not in kept]
        assert kept == sorted(kept, key=lambda i: payload["inputs"].index(f"<{i}>"))
        assert gone == may_go[: len(gone)]
        still = may_go[len(gone) :]
        if gone and still:
            assert case.messages[still[0]]["role"] == "user", "an answer was kept without its question"
    if response.status == 200:
        gone_in_the_end = len(case.messages) - len(case.kept(case.client.payloads[-1]["inputs"]))
        assert int(response.headers.get("x-falconry-messages-dropped", "0")) == gone_in_the_end


@given(cases(tokenizers()))
def test_nothing_goes_where_everything_fits(case: Case) -> None:
    # An answer without `max_tokens` is kept some room for, as long as there are old turns to leave out.
    room = case.max_tokens or max(1, min(256, case.max_total // 8))
    everything = render(case.messages)
    response = case.send()

    if case.client.refusal(everything, room) is None:
        assert response.status == 200
        assert "x-falconry-messages-dropped" not in response.headers
        assert case.client.payloads[-1]["inputs"] == everything


def shortest_prompt(case: Case) -> str:
    may_go = set(case.may_go())
    return render([message for i, message in enumerate(case.messages) if i not in may_go])


def render(messages: list[dict[str, str]]) -> str:
    """The template of falcon-180b-chat, for contents that hold nothing to neutralize."""
    labels = {"system": "System: ", "user": "User: ", "assistant": "Falcon: "}
    turns = [labels[message["role"]] + message["content"].strip() for message in messages]
    return "\n".join([*turns, "Falcon:"] if messages[-1]["role"] != "assistant" else turns)


def test_the_rule_counts_as_its_words_say() -> None:
    client = CountingClient(Tokenizer(4, 1), max_input=10, max_total=20, in_stream=True, total_first=True)
    assert client.refusal("abcdefgh12", 16) is None
    assert client.refusal("abcdefgh12", 17) is not None
    assert json.dumps(client.refusal("abcdefgh" + "1" * 9, 1)).startswith('"Input validation error: `inputs` must have')
