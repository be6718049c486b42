"""A conversation is made to fit the context: exact where TGI tells the count, whole turns from the oldest."""

from __future__ import annotations

import json

from tests.unit.front_support import FakeClient, answer, chat, front, model_error, read, too_long_input, too_many_tokens


def conversation(turns: int, words: int = 40) -> list[dict[str, str]]:
    messages = [{"role": "system", "content": "SYSTEM"}]
    for number in range(turns):
        messages.append({"role": "user", "content": f"question-{number} " + "word " * words})
        messages.append({"role": "assistant", "content": f"answer-{number} " + "word " * words})
    return [*messages, {"role": "user", "content": "LAST"}]


def test_a_short_prompt_needs_one_call_and_gets_nearly_all_the_room() -> None:
    client = FakeClient([answer(" Hi")])
    chat(front(client))
    assert len(client.requests) == 1
    assert 1980 < client.payload()["parameters"]["max_new_tokens"] < 2048


def test_a_long_prompt_gets_exactly_the_room_that_is_left() -> None:
    client = FakeClient([[too_many_tokens(2048, 700, 2048)], answer(" Hi", input_length=None)])
    body = read(chat(front(client), messages=[{"role": "user", "content": "word " * 700}]))
    assert client.payload(1)["parameters"]["max_new_tokens"] == 2048 - 700
    assert client.payload(0)["inputs"] == client.payload(1)["inputs"]
    assert body["usage"] == {"prompt_tokens": 700, "completion_tokens": 2, "total_tokens": 702}
    assert all(stream.closed for stream in client.streams)


def test_a_count_that_comes_before_the_stream_is_used_as_well() -> None:
    refusal = json.dumps(
        {"error": json.loads(too_many_tokens(2048, 60, 2030)[5:])["error"], "error_type": "validation"}
    )
    client = FakeClient([model_error(422, refusal), answer(" Hi")])
    response = chat(front(client))
    assert response.status == 200
    assert client.payload(1)["parameters"]["max_new_tokens"] == 1988
    assert response.record.upstream_attempts == 2


def test_oldest_turns_go_and_system_and_last_question_stay() -> None:
    client = FakeClient([model_error(422, too_long_input(1024, 1400)), answer(" Hi")])
    response = chat(front(client), messages=conversation(10), max_tokens=50)
    prompt = client.payload(1)["inputs"]
    assert response.status == 200
    assert prompt.startswith("System: SYSTEM\nUser: question-")
    assert prompt.endswith("User: LAST\nFalcon:")
    kept = [number for number in range(10) if f"question-{number} " in prompt]
    assert kept == list(range(kept[0], 10))
    assert 5 <= len(kept) <= 8
    assert kept == [number for number in range(10) if f"answer-{number} " in prompt]
    assert response.headers["x-falconry-messages-dropped"] == str(2 * (10 - len(kept)))


def test_turns_go_to_make_room_for_the_answer_that_was_asked_for() -> None:
    client = FakeClient([[too_many_tokens(2048, 1000, 1500)], answer(" Hi")])
    assert chat(front(client), messages=conversation(10), max_tokens=1500).status == 200
    assert len(client.payload(1)["inputs"]) < len(client.payload(0)["inputs"]) * 0.56
    assert client.payload(1)["parameters"]["max_new_tokens"] == 1500


def test_far_too_much_history_is_not_even_sent() -> None:
    client = FakeClient([answer(" Hi")])
    chat(front(client), messages=conversation(1000))
    assert len(client.payload()["inputs"]) < 2 * 1024 / 0.25


def test_corrections_come_to_an_end() -> None:
    refusals = [model_error(422, too_long_input(1024, 1400)) for _ in range(10)]
    client = FakeClient([*refusals])
    response = chat(front(client), messages=conversation(10))
    assert response.status == 400
    assert len(client.requests) <= 4
    assert client.payload()["inputs"] == "System: SYSTEM\nUser: LAST\nFalcon:"


def test_what_can_never_fit_is_an_error_with_numbers() -> None:
    client = FakeClient([model_error(422, too_long_input(1024, 5000))])
    response = chat(front(client), messages=[{"role": "user", "content": "word " * 1000}])
    error = read(response)["error"]
    assert response.status == 400
    assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")
    assert error["message"] == (
        "The prompt is too long. This model's maximum context length is 2048 tokens, of which the prompt may take "
        "1024. The messages are 5000 tokens. Shorten the messages."
    )


def test_prompt_and_answer_that_do_not_fit_together_name_both() -> None:
    client = FakeClient([[too_many_tokens(2048, 800, 1500)]])
    error = read(chat(front(client), messages=[{"role": "user", "content": "word " * 800}], max_tokens=1500))["error"]
    assert error["code"] == "context_length_exceeded"
    assert "The messages are 800 tokens and max_tokens asks for 1500 more." in error["message"]
