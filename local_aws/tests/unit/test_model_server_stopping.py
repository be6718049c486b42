"""When a generation ends, and what text its tokens have."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from local_aws.model_server.decoding import IncrementalDecoder
from local_aws.model_server.stopping import FinishReason, StoppingCriteria

EOS = 11


def run(pieces: Sequence[str], *, stop: Sequence[str], limit: int = 100) -> tuple[int, FinishReason | None]:
    """How many pieces are generated, and why it ended."""
    criteria = StoppingCriteria(limit, [EOS], stop)
    for number, piece in enumerate(pieces, start=1):
        if reason := criteria.check(99, piece):
            return number, reason
    return len(pieces), None


@pytest.mark.parametrize(
    ("pieces", "stop", "expected"),
    [
        (["I", "\n", "User", ":", " x"], ["\nUser:"], (4, FinishReason.STOP_SEQUENCE)),
        (["Pari", "sian", "!"], ["Paris"], (3, None)),  # a token that runs past the stop sequence hides it
        (["Pari", "s", "!"], ["Paris"], (2, FinishReason.STOP_SEQUENCE)),
        (["end", ".\n", "more"], ["."], (2, FinishReason.STOP_SEQUENCE)),  # `$` allows one newline
        (["end", ".\n\n", "more"], ["."], (3, None)),
        (["a.c", "abc"], ["a.c"], (1, FinishReason.STOP_SEQUENCE)),
        (["abc", "x"], ["a.c"], (2, None)),  # the sequence is text, not a pattern
        (["x", "y"], ["nothing", "y"], (2, FinishReason.STOP_SEQUENCE)),
    ],
)
def test_stop_sequences_match_at_the_end_of_a_token(
    pieces: list[str], stop: list[str], expected: tuple[int, FinishReason | None]
) -> None:
    assert run(pieces, stop=stop) == expected


def test_length_comes_before_end_token_and_stop_sequence() -> None:
    assert StoppingCriteria(1, [EOS], []).check(EOS, "") is FinishReason.LENGTH
    assert StoppingCriteria(1, [EOS], ["x"]).check(5, "x") is FinishReason.LENGTH
    assert StoppingCriteria(2, [EOS], [""]).check(EOS, "") is FinishReason.EOS_TOKEN


def test_a_stop_sequence_longer_than_what_is_kept_never_matches() -> None:
    text = "abcdefghij" * 40
    assert run([text[:200], text[200:], "x"], stop=[text]) == (3, None)


class ByteTokens:
    """One token a byte: the smallest tokenizer that cuts characters."""

    @staticmethod
    def decode(ids: Sequence[int], skip_special: bool) -> str:
        return bytes(ids).decode("utf-8", "replace")


def test_a_character_appears_with_its_last_byte() -> None:
    prompt = list(b"Hi:")
    ids = list(prompt)
    decoder = IncrementalDecoder(ByteTokens.decode, len(prompt))
    texts = []
    for byte in " 🦅é.".encode():
        ids.append(byte)
        texts.append(decoder.next(ids))
    assert texts == [" ", "", "", "", "🦅", "", "é", "."]


def test_a_prompt_shorter_than_the_context_is_no_obstacle() -> None:
    decoder = IncrementalDecoder(ByteTokens.decode, 1)
    assert decoder.next(list(b"ab")) == "b"
