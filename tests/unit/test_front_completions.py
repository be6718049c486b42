"""POST /v1/completions: text is continued as it stands, for one prompt or several."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .front_support import BASE, CHAT, FakeClient, answer, chunks, complete, final, front, read, token, too_many_tokens


def test_a_base_model_continues_text() -> None:
    client = FakeClient([answer(" a", " time", "\n")])
    response = complete(front(client))

    body = read(response)
    assert body["id"] == "cmpl-request-1"
    assert (body["object"], body["model"], body["created"]) == ("text_completion", BASE, 1_700_000_000)
    # The text is what follows the prompt, with its white space.
    assert body["choices"] == [{"index": 0, "text": " a time\n", "logprobs": None, "finish_reason": "stop"}]
    assert body["usage"] == {"prompt_tokens": 7, "completion_tokens": 4, "total_tokens": 11}
    assert client.payload()["inputs"] == "Once upon"
    assert client.payload()["parameters"] == {
        "do_sample": True,
        "max_new_tokens": 16,
        "stop": [],
        "details": True,
        "return_full_text": False,
    }


def test_a_chat_model_continues_text_too() -> None:
    client = FakeClient([answer(" Hi")])
    assert read(complete(front(client), model=CHAT, prompt="User: Hello\nFalcon:"))["choices"][0]["text"] == " Hi"
    # Nothing is added, and nothing is made harmless: the prompt is the client's own.
    assert client.payload()["inputs"] == "User: Hello\nFalcon:"
    assert client.payload()["parameters"]["stop"] == []


def test_stops_end_the_text_and_are_no_part_of_it() -> None:
    client = FakeClient([answer(" one", "#", "##", " two")])
    body = read(complete(front(client), stop="###"))
    assert (body["choices"][0]["text"], body["choices"][0]["finish_reason"]) == (" one", "stop")
    assert client.payload()["parameters"]["stop"] == ["###"]


def test_a_stream_ends_with_a_reason_usage_and_done() -> None:
    parts = [token(" a"), token(" b"), final(" c", "length", 3, input_length=5)]
    events = chunks(complete(front(FakeClient([parts])), stream=True, stream_options={"include_usage": True}))

    assert events[-1] == "[DONE]"
    assert [event["choices"][0]["text"] for event in events[:-2]] == [" a", " b", " c", ""]
    assert [event["choices"][0]["finish_reason"] for event in events[:-2]] == [None, None, None, "length"]
    assert events[-2]["choices"] == []
    assert events[-2]["usage"] == {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    assert all(event["usage"] is None for event in events[:-2])
    assert len({(event["id"], event["created"], event["object"]) for event in events[:-1]}) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_echo_puts_the_prompt_before_the_text(stream: bool) -> None:
    response = complete(front(FakeClient([answer(" a", " time")])), echo=True, stream=stream)
    if stream:
        text = "".join(event["choices"][0]["text"] for event in chunks(response)[:-1])
    else:
        text = read(response)["choices"][0]["text"]
    assert text == "Once upon a time"


def test_every_prompt_has_its_answers_in_order() -> None:
    # GIVEN answers that say which call they are for, in whatever order the calls come
    by_prompt = {"one": iter((answer(" 1a"), answer(" 1b"))), "two": iter((answer(" 2a"), answer(" 2b")))}

    class ByPrompt(FakeClient):
        def invoke_endpoint_with_response_stream(self, **request: Any) -> dict[str, Any]:
            with self.lock:
                self.answers.insert(0, next(by_prompt[json.loads(request["Body"])["inputs"]]))
            return super().invoke_endpoint_with_response_stream(**request)

    client = ByPrompt([])
    body = read(complete(front(client), prompt=["one", "two"], n=2, seed=5))

    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2, 3]
    assert [choice["text"][1] for choice in body["choices"]] == ["1", "1", "2", "2"]
    # Each prompt counts once, each answer for itself.
    assert body["usage"] == {"prompt_tokens": 14, "completion_tokens": 8, "total_tokens": 22}
    seeds = sorted(client.payload(number)["parameters"]["seed"] for number in range(4))
    assert seeds == [5, 5, 6, 6]


def test_the_likeliest_of_several_is_returned() -> None:
    client = FakeClient(
        [
            [token(" bad", logprob=-3.0), final("", "length", 1)],
            [token(" best", logprob=-0.1), final("", "length", 1)],
            [token(" good", logprob=-1.0), final("", "length", 1)],
        ]
    )
    body = read(complete(front(client), best_of=3, n=2))
    assert [(choice["index"], choice["text"]) for choice in body["choices"]] == [(0, " best"), (1, " good")]
    # All of it was generated, so all of it counts.
    assert body["usage"]["completion_tokens"] == 3


def test_log_probabilities_come_in_parallel_lists() -> None:
    parts = [
        token(" a", logprob=-0.25, top=[(" a", -0.25), (" the", -1.5)]),
        token(" b", logprob=-2.0, top=[(" c", -0.5), (" b", -2.0)]),
        final("<|endoftext|>", "eos_token", 3, special=True),
    ]
    client = FakeClient([parts])
    (choice,) = read(complete(front(client), logprobs=2))["choices"]

    assert choice["logprobs"] == {
        "tokens": [" a", " b"],
        "token_logprobs": [-0.25, -2.0],
        "top_logprobs": [{" a": -0.25, " the": -1.5}, {" c": -0.5, " b": -2.0}],
        "text_offset": [0, 2],
    }
    assert client.payload()["parameters"]["top_n_tokens"] == 2


def test_offsets_go_on_from_chunk_to_chunk() -> None:
    parts = [token(" a"), token("bc"), final("d", "length", 3)]
    events = chunks(complete(front(FakeClient([parts])), logprobs=0, stream=True))
    told = [event["choices"][0]["logprobs"] for event in events[:-1]]
    assert [part["text_offset"] for part in told[:-1]] == [[0], [2], [4]]
    assert told[0]["top_logprobs"] is None


def test_a_prompt_that_cannot_fit_is_refused_with_the_numbers() -> None:
    response = complete(front(FakeClient([[too_many_tokens(2048, 2040, 16)]])))
    error = read(response)["error"]
    assert (response.status, error["code"], error["param"]) == (400, "context_length_exceeded", "prompt")
    assert error["message"] == (
        "The prompt is too long. This model's maximum context length is 2048 tokens, of which the prompt may take "
        "1024. It is 2040 tokens and max_tokens asks for 16 more. Shorten the prompt or ask for fewer tokens."
    )


@pytest.mark.parametrize(
    ("body", "param", "message"),
    [
        ({"prompt": [1, 2, 3]}, "prompt[0]", "prompt[0] holds tokens; this API takes text only"),
        ({"prompt": [[1, 2], [3]]}, "prompt[0]", "holds tokens"),
        ({"prompt": ["one", ""]}, "prompt[1]", "prompt[1] must not be an empty string."),
        ({"prompt": ""}, "prompt", "prompt must not be an empty string."),
        ({"prompt": []}, "prompt", "prompt must be a non-empty string or a list of at most 128 values, not an empty"),
        ({"prompt": None}, "prompt", "prompt is required"),
        ({"suffix": "the end"}, "suffix", "they were not trained to fill a gap before a suffix"),
        ({"best_of": 1, "n": 2}, "best_of", "best_of is 1; it must not be less than n, which is 2."),
        ({"best_of": 2, "stream": True}, "best_of", "cannot be greater than n when stream is true"),
        ({"logprobs": 6}, "logprobs", "logprobs must be an integer between 0 and 5, not 6."),
        ({"logprobs": 1, "echo": True}, "logprobs", "logprobs with echo would need those of the prompt"),
        ({"prompt": ["a"] * 100, "n": 2}, "prompt", "100 prompts with 2 answers each are 200 answers"),
        ({"max_tokens": 0}, "max_tokens", "max_tokens must be an integer of at least 1, not 0."),
        ({"max_tokens": 5000}, "max_tokens", "max_tokens is 5000; this model's maximum context length is 2048 tokens"),
        ({"messages": []}, "messages", "Unknown parameter: messages."),
    ],
)
def test_a_mistake_is_named(body: dict[str, Any], param: str, message: str) -> None:
    client = FakeClient([])
    response = complete(front(client), **body)
    error = read(response)["error"]
    assert response.status == 400
    assert message in error["message"]
    assert error["param"] == param
    assert client.requests == []
