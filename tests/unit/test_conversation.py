"""A conversation: what is sent, what is taken back, what a file keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from falconry.answer_stats import AnswerStats
from falconry.conversation import Conversation
from falconry.errors import CommandError


def talked() -> Conversation:
    conversation = Conversation("falcon-180b-chat")
    conversation.system = "Be brief."
    conversation.ask("one")
    conversation.answer("1")
    conversation.ask("two")
    conversation.answer("2")
    return conversation


def test_the_last_question_goes_with_its_answer_and_the_system_prompt_stays() -> None:
    conversation = talked()

    assert [conversation.take_back() for _ in range(3)] == ["two", "one", ""]
    assert conversation.messages == [{"role": "system", "content": "Be brief."}]


def test_a_system_prompt_is_replaced_and_removed() -> None:
    conversation = talked()
    conversation.system = "Be long."
    assert [message["role"] for message in conversation.messages].count("system") == 1
    conversation.system = ""
    assert conversation.messages[0]["role"] == "user"


@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("40", 40), ('["\\n\\n"]', ["\n\n"]), ("END", "END"), ("true", True)]
)
def test_parameters_are_json_or_text(text: str, value: object) -> None:
    conversation = talked()
    conversation.set("some_parameter", text)

    assert conversation.request()["some_parameter"] == value


def test_what_the_command_sets_itself_is_refused() -> None:
    with pytest.raises(CommandError, match="stream cannot be set here"):
        talked().set("stream", "false")


def test_a_file_keeps_all_of_it(tmp_path: Path) -> None:
    conversation = talked()
    conversation.set("temperature", "0.5")
    conversation.save(tmp_path / "talk.json")

    assert Conversation.load(tmp_path / "talk.json") == conversation


@pytest.mark.parametrize("content", ["", "[]", '{"model": "x"}', '{"model": "x", "parameters": {}, "messages": [1]}'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "talk.json").write_text(content, encoding="utf-8")

    with pytest.raises(CommandError, match=r"not a conversation written by /save"):
        Conversation.load(tmp_path / "talk.json")


def test_the_speed_is_that_of_the_tokens_after_the_first() -> None:
    stats = AnswerStats("text", "stop", 5, 11, first_seconds=1.0, seconds=3.0, request_id="id")

    assert stats.tokens_per_second == 5.0
    assert stats.summary() == "5 + 11 tokens · first after 1.00 s · 5.0 tokens/s · stop · id"
