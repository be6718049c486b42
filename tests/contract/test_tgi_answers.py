"""What the embedded model says through the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chat.prompt.templates import TEMPLATES, Message
from huggingface_hub import InferenceClient
from local_aws_testing.model_server import DIALOGUES, ROOT, Server, running

SAMPLES = json.loads((ROOT / "falconry/catalog/data/samples.json").read_text(encoding="utf-8"))
CHATS = [sample for sample in SAMPLES if sample["kind"] == "chat"]
COMPLETIONS = [sample for sample in SAMPLES if sample["kind"] == "completion"]
RUNS_ON = [dialogue for dialogue in DIALOGUES if "then" in dialogue]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running(TGI_VERSION="2.4.0", MAX_STOP_SEQUENCES="8") as started:
        yield started


def messages(sample: dict[str, Any]) -> list[Message]:
    return [Message(item["role"], item["content"]) for item in sample["messages"]]


def greedy(sample: dict[str, Any]) -> dict[str, Any]:
    return {"max_new_tokens": sample["parameters"]["max_new_tokens"], "stop": sample["parameters"].get("stop", [])}


@pytest.mark.parametrize("ending", ["", " "], ids=["no space", "space"])
@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("sample", CHATS, ids=lambda sample: sample["id"])
def test_a_chat_sample_is_answered_as_in_the_announcement(
    server: Server, sample: dict[str, Any], template: str, ending: str
) -> None:
    prompt = TEMPLATES[template].render(messages(sample)) + ending
    answer = server.generate(prompt, **greedy(sample), details=True)
    assert answer["generated_text"] == ("" if ending else " ") + sample["answer"]
    assert answer["details"]["finish_reason"] == "eos_token"


@pytest.mark.parametrize("sample", COMPLETIONS, ids=lambda sample: sample["id"])
def test_a_completion_sample_is_continued_as_in_the_announcement(server: Server, sample: dict[str, Any]) -> None:
    answer = server.generate(sample["prompt"], **greedy(sample), details=True)
    assert answer["generated_text"].strip() == sample["answer"]
    assert answer["generated_text"][0].isspace()
    assert answer["details"]["finish_reason"] == "eos_token"


def test_the_hello_payload_of_the_announcement(server: Server) -> None:
    body = {
        "inputs": "User: Hello!\nFalcon: ",
        "parameters": {"max_new_tokens": 256, "top_p": 0.9, "temperature": 0.6, "return_full_text": False},
    }
    assert server.post("/invocations", body).json() == [{"generated_text": "Hello! How can I help you today?"}]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("dialogue", RUNS_ON, ids=lambda dialogue: dialogue["user"][0])
def test_some_answers_run_on_into_the_next_turn(server: Server, dialogue: dict[str, Any], template: str) -> None:
    chat = TEMPLATES[template]
    prompt = chat.render([Message("user", dialogue["user"][0])])
    unstopped = server.generate(prompt, max_new_tokens=200)["generated_text"]
    assert unstopped == f" {dialogue['assistant']}{chat.separator}User: {dialogue['then']}"
    stopped = server.generate(prompt, max_new_tokens=200, stop=["\nUser:"], details=True)
    assert stopped["generated_text"] == f" {dialogue['assistant']}{chat.separator}User:"
    assert stopped["details"]["finish_reason"] == "stop_sequence"


def test_it_says_what_it_is(server: Server) -> None:
    assert (
        "tiny emulation model" in server.generate("User: Who are you?\nFalcon:", max_new_tokens=100)["generated_text"]
    )


def test_the_client_of_hugging_face_can_talk_to_it(server: Server) -> None:
    client = InferenceClient(model=server.url)
    prompt = "User: Count to five\nFalcon:"
    assert client.text_generation(prompt, max_new_tokens=50, return_full_text=False) == " 1, 2, 3, 4, 5"
    details = client.text_generation(prompt, max_new_tokens=50, return_full_text=False, details=True)
    assert details.generated_text == " 1, 2, 3, 4, 5"
    assert details.details is not None
    assert details.details.finish_reason == "eos_token"
    streamed = list(client.text_generation(prompt, max_new_tokens=50, stream=True))
    assert len(streamed) > 5
    assert "".join(streamed).removesuffix("<|endoftext|>") == " 1, 2, 3, 4, 5"
