"""Whatever tokens the model writes and however their bytes arrive, a client gets every character once, in order."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from tests.properties.answers import Answer, deltas, streamed_answer, whole_answer
from tests.properties.token_streams import (
    CHAT_STOPS,
    Expected,
    Generated,
    Token,
    expected,
    generations,
    parts,
    shown_so_far,
    stop_lists,
)
from tests.unit.front_support import FakeClient, Part, chat, front


@st.composite
def generations_with_stops(draw: st.DrawFn) -> tuple[Generated, list[str]]:
    stops = draw(stop_lists())
    return draw(generations(stops)), stops


Cut = tuple[Generated, list[str], list[bytes]]
"""A generation, a client's stops, and TGI's bytes in the parts in which they come."""


@st.composite
def cut_generations(draw: st.DrawFn, with_stops: bool) -> Cut:
    generated, stops = draw(generations_with_stops()) if with_stops else (draw(generations([])), [])
    return generated, stops, draw(parts(generated.events()))


def uncut(generated: Generated, *stops: str) -> Cut:
    """For examples that failed once: each event in a part of its own."""
    return generated, [*stops], generated.events()


def ask(sent: list[bytes], **body: Any) -> tuple[Answer, Answer]:
    """The streamed and the whole answer to the same bytes from TGI."""
    streamed = chat(front(FakeClient([sent])), stream=True, stream_options={"include_usage": True}, **body)
    return streamed_answer(streamed), whole_answer(chat(front(FakeClient([sent])), **body))


def check(answer: Answer, wanted: Expected, generated: Generated) -> None:
    assert answer.text == wanted.text
    assert answer.finish_reason == wanted.finish_reason
    assert answer.usage is not None
    assert answer.usage["completion_tokens"] == wanted.read_tokens
    counted = generated.input_length is not None and wanted.read_tokens == len(generated.tokens)
    assert answer.usage.get("prompt_tokens_estimated", False) == (not counted)
    if counted:
        assert answer.usage["prompt_tokens"] == generated.input_length
    assert answer.usage["total_tokens"] == answer.usage["prompt_tokens"] + wanted.read_tokens


@given(cut_generations(with_stops=False))
@example(uncut(Generated((Token(" a\u2028b\u2029c\x85d"), Token("", special=True)), "eos_token")))
def test_every_character_comes_once_and_in_order_however_the_bytes_are_cut(case: Cut) -> None:
    generated, _, sent = case
    wanted = expected(generated, [*CHAT_STOPS])

    streamed, whole = ask(sent)

    check(streamed, wanted, generated)
    check(whole, wanted, generated)


@given(cut_generations(with_stops=True))
@example(uncut(Generated((Token("a b"),), "length"), "b", " bc"))
def test_the_text_ends_just_before_the_earliest_stop(case: Cut) -> None:
    generated, stops, sent = case
    wanted = expected(generated, [*CHAT_STOPS, *stops])

    streamed, whole = ask(sent, stop=stops)

    check(streamed, wanted, generated)
    check(whole, wanted, generated)


@given(generations_with_stops())
def test_nothing_is_held_back_longer_than_a_stop_may_begin_with_it(case: tuple[Generated, list[str]]) -> None:
    """And nothing is shown sooner. One event a part: before the next one is read, a client's view is looked at."""
    generated, stops = case
    every_stop = [*CHAT_STOPS, *stops]
    last = expected(generated, every_stop).read_tokens
    shown: list[str] = []
    seen: list[str] = []
    steps: list[Part] = []
    for event in generated.events():
        steps += [event, lambda: seen.append("".join(shown))]
    response = chat(front(FakeClient([steps])), stream=True, stop=stops)

    for chunk in response.body:
        shown += deltas(chunk) if chunk.startswith(b"data: {") else []

    assert seen == [shown_so_far(generated, count, every_stop) for count in range(1, last)]
