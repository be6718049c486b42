"""Every sample of the announcement gets its announced answer, through the deployed API, with clients as they are."""

from __future__ import annotations

from typing import Any

import pytest
from chat.prompt.templates import TEMPLATES, Message
from huggingface_hub import InferenceClient
from openai.types.chat import ChatCompletion

from falconry.catalog import Sample, samples

from .conftest import Api

CHAT = [sample for sample in samples() if sample.kind == "chat"]
CHAT_MODELS = {"falcon-180b-chat": "falcon-180b-chat", "falcon-7b-instruct": "falcon-instruct"}
"""Chat models of the deployment, and their templates."""


def arguments(sample: Sample, model: str) -> dict[str, Any]:
    """How OpenAI's package is asked for a sample, greedily."""
    return {
        "model": model,
        "messages": [dict(message) for message in sample.messages],
        "max_tokens": sample.parameters["max_new_tokens"],
        "stop": sample.parameters.get("stop"),
        "temperature": 0,
    }


def native_prompt(sample: Sample) -> str:
    """The text that the model continues, as the announcement's payload has it."""
    if sample.kind == "completion":
        return sample.prompt
    return TEMPLATES["falcon-180b-chat"].render([Message(m["role"], m["content"]) for m in sample.messages])


@pytest.mark.parametrize("model", CHAT_MODELS)
@pytest.mark.parametrize("sample", CHAT, ids=lambda sample: sample.id)
def test_openai_package(api: Api, sample: Sample, model: str) -> None:
    completion = api.openai.chat.completions.create(**arguments(sample, model))

    assert isinstance(completion, ChatCompletion)
    assert completion.choices[0].message.content == sample.answer
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage is not None
    assert completion.usage.completion_tokens > 0


@pytest.mark.parametrize("model", CHAT_MODELS)
@pytest.mark.parametrize("sample", CHAT, ids=lambda sample: sample.id)
def test_openai_package_streaming(api: Api, sample: Sample, model: str) -> None:
    chunks = list(api.openai.chat.completions.create(**arguments(sample, model), stream=True))

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == sample.answer
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.id)
def test_native_route_with_huggingface_client(api: Api, sample: Sample) -> None:
    model = "falcon-180b-chat" if sample.kind == "chat" else "falcon-180b"
    client = InferenceClient(model=f"{api.native_url}/{model}", token=api.key)
    # Greedy, also where the announcement samples.
    parameters: dict[str, Any] = {
        "max_new_tokens": sample.parameters["max_new_tokens"],
        "stop": sample.parameters.get("stop"),
        "return_full_text": False,
    }

    text = client.text_generation(native_prompt(sample), **parameters)
    tokens = [
        event.token for event in client.text_generation(native_prompt(sample), **parameters, stream=True, details=True)
    ]

    assert text.strip() == sample.answer
    # The native stream is the container's own, with the token that ends the text.
    assert "".join(token.text for token in tokens if not token.special).strip() == sample.answer


def test_the_announcements_payload_is_taken_as_it_is(api: Api) -> None:
    payload = {
        "inputs": "User: Hello!\nFalcon: ",
        "parameters": {"max_new_tokens": 50, "top_p": 0.9, "temperature": 0.6},
    }
    response = api.post("/models/falcon-180b-chat", json=payload)

    assert response.status_code == 200
    (generation,) = response.json()
    assert generation["generated_text"].strip()


def test_every_parameter_of_the_announcement_is_taken(api: Api) -> None:
    parameters = {
        "do_sample": True,
        "max_new_tokens": 12,
        "repetition_penalty": 1.1,
        "return_full_text": True,
        "stop": ["\nUser:"],
        "temperature": 0.7,
        "top_k": 40,
        "top_p": 0.9,
        "truncate": 100,
        "typical_p": 0.95,
        "best_of": 2,
        "watermark": True,
        "details": True,
        "decoder_input_details": True,
    }
    prompt = "User: What is the recipe of mayonnaise?\nFalcon:"
    response = api.post("/models/falcon-180b-chat", json={"inputs": prompt, "parameters": parameters})
    seeded = [
        api.post(
            "/models/falcon-180b-chat",
            json={
                "inputs": prompt,
                "parameters": {"max_new_tokens": 12, "temperature": 3.0, "seed": 7, "details": True},
            },
        ).json()
        for _ in range(2)
    ]

    assert response.status_code == 200, response.text
    (generation,) = response.json()
    assert generation["generated_text"].startswith(prompt)
    assert generation["details"]["prefill"]
    assert len(generation["details"]["best_of_sequences"]) == 1
    assert seeded[0] == seeded[1]
    assert seeded[0][0]["details"]["seed"] == 7
