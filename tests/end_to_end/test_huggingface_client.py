"""huggingface_hub's InferenceClient, unmodified. (The samples on the native route: test_samples.py.)"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from huggingface_hub import AsyncInferenceClient, ChatCompletionInputStreamOptions, InferenceClient
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

from falconry.catalog import Sample, samples

from .conftest import Api

CHAT = [sample for sample in samples() if sample.kind == "chat"]
HELLO = "User: Hello!\nFalcon:"


@pytest.mark.parametrize("sample", CHAT, ids=lambda sample: sample.id)
def test_a_sample_as_a_chat(api: Api, sample: Sample) -> None:
    client = InferenceClient(base_url=api.base_url, api_key=api.key)
    asked: dict[str, Any] = {
        "messages": [dict(message) for message in sample.messages],
        "model": "falcon-180b-chat",
        "max_tokens": sample.parameters["max_new_tokens"],
        "stop": sample.parameters.get("stop"),
        "temperature": 0,
    }
    whole = client.chat_completion(**asked)
    options = ChatCompletionInputStreamOptions(include_usage=True)
    chunks = list(client.chat_completion(**asked, stream=True, stream_options=options))

    assert whole.choices[0].message.content == sample.answer
    assert whole.choices[0].finish_reason == "stop"
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == sample.answer
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == whole.usage.total_tokens


def test_every_parameter_of_text_generation(api: Api) -> None:
    client = InferenceClient(model=f"{api.native_url}/falcon-180b-chat", token=api.key)
    answer = client.text_generation(
        HELLO,
        details=True,
        best_of=2,
        decoder_input_details=True,
        do_sample=True,
        frequency_penalty=0.1,
        max_new_tokens=12,
        repetition_penalty=1.05,
        return_full_text=True,
        stop=["\nUser:"],
        temperature=0.5,
        top_k=5,
        top_n_tokens=3,
        top_p=0.9,
        truncate=50,
        typical_p=0.95,
        watermark=False,
    )

    assert answer.generated_text.startswith(HELLO)
    assert answer.details is not None
    assert answer.details.finish_reason == "eos_token"
    assert len(answer.details.best_of_sequences or []) == 1


def test_the_asynchronous_client(api: Api) -> None:
    async def ask() -> str:
        async with AsyncInferenceClient(model=f"{api.native_url}/falcon-180b-chat", token=api.key) as client:
            tokens = await client.text_generation(HELLO, stream=True, details=True)
            return "".join([event.token.text async for event in tokens if not event.token.special])

    assert asyncio.run(ask()) == " Hello! How can I help you today?"


def test_errors_keep_their_status_and_words(api: Api) -> None:
    chat = InferenceClient(base_url=api.base_url, api_key=api.key)
    native = InferenceClient(model=f"{api.native_url}/falcon-180b-chat", token=api.key)
    stranger = InferenceClient(base_url=api.base_url, api_key="not-a-key-of-this-deployment")
    messages = [{"role": "user", "content": "Hello!"}]

    with pytest.raises(BadRequestError, match="temperature must be a number between 0 and 2, not 3"):
        chat.chat_completion(messages, model="falcon-180b-chat", temperature=3)
    with pytest.raises(BadRequestError, match="top_p"):
        native.text_generation(HELLO, top_p=2)
    # Without a model the package names "dummy".
    with pytest.raises(HfHubHTTPError, match=r'"dummy" does not exist here\. Deployed: .*falcon-180b-chat') as unknown:
        chat.chat_completion(messages)
    with pytest.raises(HfHubHTTPError) as refused:
        stranger.chat_completion(messages, model="falcon-180b-chat")
    assert unknown.value.response.status_code == 404
    assert refused.value.response.status_code == 401
