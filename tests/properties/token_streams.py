"""Generations as TGI could send them, as bytes cut anywhere; and what a client must read, from the tokens alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import strategies as st

CHAT_STOPS = ("\nUser:", "\nSystem:", "\nFalcon:")
"""The stops of falcon-180b-chat's template, written out: a change of the template is to be seen here."""

HALF = "\ufffd"

# Characters that take part in what can go wrong: 1 to 4 bytes, combining, joined, line ends of every kind, halves.
_CHARACTERS = st.one_of(
    st.sampled_from("ab \n\t:#UserFalcon"),
    st.sampled_from("\u00e9e\u0301\u00df\u4e2d\u0627\U0001f600\U0001f1ea\u200d\u20dd\ufeff"),
    st.sampled_from("\r\x00\x0b\x1c\x85\u2028\u2029\u00a0" + HALF),
    st.characters(exclude_categories=["Cs"]),
)
_TEXTS = st.text(_CHARACTERS, max_size=6)
_ENDS = st.text(st.sampled_from(" \n" + HALF), max_size=2)


@dataclass(frozen=True, slots=True)
class Token:
    """One event of TGI's. A token that does not complete a character has no text."""

    text: str
    special: bool = False


@dataclass(frozen=True, slots=True)
class Generated:
    """One generation. `reason` is TGI's; `space` says whether a space follows "data:", as it does from TGI 2.1.1."""

    tokens: tuple[Token, ...]
    reason: str
    space: bool = False
    escaped: bool = False
    input_length: int | None = 7

    def events(self) -> list[bytes]:
        """The bytes of each event, the last one with `generated_text` and `details`."""
        whole = "".join(token.text for token in self.tokens if not token.special)
        events = []
        for number, token in enumerate(self.tokens, 1):
            event: dict[str, object] = {
                "index": number,
                "token": {"id": number, "text": token.text, "logprob": -0.5, "special": token.special},
                "generated_text": None,
                "details": None,
            }
            if number == len(self.tokens):
                details = {"finish_reason": self.reason, "generated_tokens": number, "seed": None}
                length = {} if self.input_length is None else {"input_length": self.input_length}
                event |= {"generated_text": whole, "details": {**details, **length}}
            data = json.dumps(event, ensure_ascii=self.escaped).encode()
            events.append((b"data: " if self.space else b"data:") + data + b"\n\n")
        return events


@dataclass(frozen=True, slots=True)
class Expected:
    """What a client must read. `read_tokens` is how many tokens it takes to know where the answer ends."""

    text: str
    finish_reason: str
    read_tokens: int


def expected(generated: Generated, stops: list[str]) -> Expected:
    """The answer without its leading space, up to the stop that begins first, without white space and halves at an end
    that the model chose itself."""
    texts = ["" if token.special else token.text for token in generated.tokens]
    for count in range(1, len(texts) + 1):
        so_far = "".join(texts[:count]).removeprefix(" ")
        if (end := _certain_end(so_far, stops)) is not None:
            return Expected(stripped(so_far[:end]), "stop", count)
    whole = "".join(texts).removeprefix(" ")
    end = first_stop(whole, stops)
    if end is not None:
        return Expected(stripped(whole[:end]), "stop", len(texts))
    if generated.reason == "length" and not generated.tokens[-1].special:
        return Expected(whole.rstrip(HALF), "length", len(texts))
    return Expected(stripped(whole), "stop", len(texts))


def shown_so_far(generated: Generated, count: int, stops: list[str]) -> str:
    """What a client must have seen after `count` tokens, no less and no more, while the answer goes on."""
    texts = ["" if token.special else token.text for token in generated.tokens[:count]]
    so_far = "".join(texts).removeprefix(" ")
    starts = [start for start in range(len(so_far)) if any(_may_begin(so_far[start:], stop) for stop in stops)]
    return stripped(so_far[: min(starts, default=len(so_far))])


def first_stop(text: str, stops: list[str]) -> int | None:
    """Where the stop that begins first begins."""
    return min((found for stop in stops if (found := text.find(stop)) >= 0), default=None)


def stripped(text: str) -> str:
    """`text` without white space and halves of characters at its end."""
    while text and (text[-1].isspace() or text[-1] == HALF):
        text = text[:-1]
    return text


def _certain_end(text: str, stops: list[str]) -> int | None:
    """Where the answer ends whatever comes: the first stop, unless another one may have begun before it."""
    end = first_stop(text, stops)
    if end is None or any(stop.startswith(text[start:]) for start in range(end) for stop in stops):
        return None
    return end


def _may_begin(text: str, stop: str) -> bool:
    return stop.startswith(text) or text.startswith(stop)


def stop_lists() -> st.SearchStrategy[list[str]]:
    """One to four stops: any text, runs of one character, prefixes of each other, with white space before them."""
    single = st.one_of(
        st.text(_CHARACTERS, min_size=1, max_size=5),
        st.text("ab", min_size=1, max_size=4),
        st.builds(str.__add__, st.sampled_from(" \n"), st.text("ab:", min_size=1, max_size=3)),
        st.sampled_from([*CHAT_STOPS, "User:", "\nUser: ", "\n", " "]),
    )
    prefixes = single.flatmap(
        lambda stop: st.lists(st.integers(1, len(stop)), min_size=1, max_size=4).map(
            lambda ends: [stop[:end] for end in ends]
        )
    )
    # One that lies within a longer one ends the answer only when the longer one is out of the question.
    within = st.builds(
        lambda stop, before, after: [stop, before + stop + after], single, st.sampled_from(["", " ", "a"]), single
    )
    return st.one_of(st.lists(single, min_size=1, max_size=4), prefixes, within)


@st.composite
def generations(draw: st.DrawFn, stops: list[str]) -> Generated:
    """Any generation, of texts in which parts of `stops` are frequent, cut into tokens anywhere."""
    part_of_a_stop = st.sampled_from([*stops, *CHAT_STOPS]).flatmap(
        lambda stop: st.integers(1, len(stop)).map(lambda end: stop[:end])
    )
    whole = "".join(draw(st.lists(st.one_of(_TEXTS, part_of_a_stop), max_size=8)))
    whole = draw(st.sampled_from(["", " ", "  "])) + whole + draw(_ENDS)
    texts = cut(whole, draw(st.lists(st.integers(0, max(len(whole), 1)), max_size=10)))
    tokens = [Token(text) for text in texts]
    for position in draw(st.lists(st.integers(0, len(tokens)), max_size=2)):
        tokens.insert(position, Token(">>TITLE<<", special=True))
    reason = draw(st.sampled_from(["length", "eos_token", "stop_sequence"]))
    if reason == "eos_token" or not tokens or draw(st.booleans()):
        tokens.append(Token("<|endoftext|>", special=True))
    lengths = st.one_of(st.none(), st.integers(1, 1000))
    return Generated(tuple(tokens), reason, draw(st.booleans()), draw(st.booleans()), draw(lengths))


def cut(whole: str, borders: list[int]) -> list[str]:
    """`whole` in pieces; two equal borders make an empty one, as half a character does among tokens."""
    return [whole[start:end] for start, end in pairwise([0, *sorted(borders), len(whole)])]


@st.composite
def parts(draw: st.DrawFn, events: list[bytes]) -> list[bytes]:
    """The bytes of `events` with keep-alive lines anywhere between them, cut at any byte."""
    with_keep_alives = b"".join(draw(st.sampled_from([b"", b"", b"", b":\n\n"])) + event for event in events)
    borders = draw(
        st.one_of(
            st.lists(st.integers(0, len(with_keep_alives)), max_size=12),
            st.integers(1, 40).map(lambda size: list(range(0, len(with_keep_alives), size))),
        )
    )
    pieces = [with_keep_alives[start:end] for start, end in pairwise([0, *sorted(set(borders)), len(with_keep_alives)])]
    return [piece for piece in pieces if piece]
