"""The one request that every contestant makes."""

from __future__ import annotations

import json

from tools.bench.sagemaker_runtime import TOKENS, answer_tokens

SYSTEM = "You answer in plain English."
QUESTION = "Describe in a few sentences how a peregrine falcon hunts over a river valley in the early morning."
PROMPT = f"System: {SYSTEM}\nUser: {QUESTION}\nFalcon:"
ANSWER = "".join(answer_tokens(TOKENS)).strip()


def native_body() -> bytes:
    """The question in the model's own payload."""
    parameters = {"max_new_tokens": TOKENS, "return_full_text": False, "stop": ["\nUser:"], "details": True}
    return json.dumps({"inputs": PROMPT, "parameters": parameters, "stream": True}).encode()


def openai_body(model: str) -> bytes:
    """The question as OpenAI's clients send it."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]
    return json.dumps({"model": model, "messages": messages, "max_tokens": TOKENS, "stream": True}).encode()
