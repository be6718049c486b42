"""Bytes that may be cut anywhere become lines, and tokens that may be cut anywhere become text without stops."""

from __future__ import annotations

import json
from itertools import pairwise

from chat import sse
from chat.generation.answer_text import AnswerText
from chat.generation.stops import StopScanner
from hypothesis import example, given, settings
from hypothesis import strategies as st

quick = settings(max_examples=150, deadline=None)


def cut(whole: bytes, positions: list[int]) -> list[bytes]:
    borders = [0, *sorted({position % (len(whole) + 1) for position in positions}), len(whole)]
    return [whole[start:end] for start, end in pairwise(borders)]


def cut_text(whole: str, positions: list[int]) -> list[str]:
    borders = [0, *sorted({position % (len(whole) + 1) for position in positions}), len(whole)]
    return [whole[start:end] for start, end in pairwise(borders)]


@quick
@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]))),
    st.lists(st.integers(0, 10_000)),
)
def test_lines_do_not_depend_on_how_the_bytes_are_cut(texts: list[str], positions: list[int]) -> None:
    whole = "".join(text + "\n" for text in texts).encode()
    assert list(sse.lines(cut(whole, positions))) == texts


@quick
@given(st.binary(), st.lists(st.integers(0, 10_000)))
def test_any_bytes_are_read_without_an_exception(whole: bytes, positions: list[int]) -> None:
    assert list(sse.lines(cut(whole, positions))) == list(sse.lines([whole] if whole else []))


def test_lines_may_end_as_on_windows_and_the_last_one_not_at_all() -> None:
    assert list(sse.lines([b"data: 1\r", b"\n\r\ndata:2"])) == ["data: 1", "", "data:2"]
    assert [sse.data(line) for line in ("data: 1", "data:2", ":", "event: x", "")] == ["1", "2", None, None, None]


def test_an_event_is_one_line_also_for_clients_that_split_lines_as_unicode_does() -> None:
    text = "a\u2028b\u2029c\x85d\x0b\x0c\x1c\x1d\x1e\r\n"
    lines_of_event = sse.event({"content": text}).decode().splitlines()
    assert len(lines_of_event) == 2
    assert json.loads(lines_of_event[0].removeprefix("data: ")) == {"content": text}


small = st.text("ab:\n", max_size=30)


@quick
@given(small, st.lists(st.text("ab:\n", min_size=1, max_size=4), max_size=4), st.lists(st.integers(0, 100)))
@example("xab:", ["b", "ab:"], [1, 2, 3])
@example("xab\n", ["b", "ab:"], [1, 2, 3])
def test_text_ends_before_the_stop_that_begins_first_however_it_is_cut(
    whole: str, stops: list[str], positions: list[int]
) -> None:
    scanner = StopScanner(stops)
    shown = "".join([*map(scanner.feed, cut_text(whole, positions)), scanner.finish()])
    starts = [start for stop in stops if (start := whole.find(stop)) >= 0]
    assert shown == whole[: min(starts, default=len(whole))]
    assert scanner.stopped == bool(starts)


@quick
@given(small, st.lists(st.text("ab:\n", min_size=1, max_size=4), max_size=4))
def test_no_more_is_held_back_than_could_become_a_stop(whole: str, stops: list[str]) -> None:
    scanner = StopScanner(stops)
    shown = scanner.feed(whole)
    held = whole[len(shown) :]
    if not scanner.stopped and held:
        assert any(stop.startswith(held) or held.startswith(stop) or _could_grow(held, stop) for stop in stops)


def _could_grow(held: str, stop: str) -> bool:
    """Whether the held text begins like an unfinished stop that reaches to its end."""
    return len(stop) > len(held) and stop.startswith(held)


def test_text_is_shown_as_soon_as_it_cannot_be_a_stop() -> None:
    scanner = StopScanner(["\nUser:"])
    assert [scanner.feed(text) for text in ("Hi", "\nU", "sed", "\n", "\nUser", ": x")] == [
        "Hi",
        "",
        "\nUsed",
        "",
        "\n",
        "",
    ]
    assert scanner.stopped


@quick
@given(st.text("ab \n\ufffd", max_size=20), st.lists(st.integers(0, 100)), st.booleans())
@example("a b\n", [1, 2, 3], True)
def test_an_answer_does_not_depend_on_token_borders(whole: str, positions: list[int], cut_short: bool) -> None:
    text = AnswerText(["b\n"])
    shown = "".join([*map(text.feed, cut_text(whole, positions)), text.finish(cut=cut_short)])
    expected = whole.removeprefix(" ").split("b\n")[0]
    stopped = "b\n" in whole.removeprefix(" ")
    if cut_short and not stopped:
        assert shown == expected.rstrip("\ufffd")
    else:
        assert shown == expected.rstrip(" \n\ufffd")
