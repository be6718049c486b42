"""OpenAI's completion bodies, which `/invocations` takes too from TGI 2.4.0 on (router/src/server.rs)."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from local_aws.model_server.body import F32, U32, U64, GenerateRequest, Kind, Parameters, read_fields
from local_aws.model_server.errors import BatchSizeError, InferenceError, SuffixError
from local_aws.model_server.inference import Inference, together
from local_aws.model_server.responses import event_bytes
from local_aws.model_server.settings import Settings
from local_aws.model_server.stopping import FinishReason

MAX_CLIENT_BATCH_SIZE = 4
"""Prompts in one body: the launcher's default."""

STRING = Kind("a string", (str,), nullable=True)
FIELDS = {
    "model": STRING,
    "suffix": STRING,
    "max_tokens": U32,
    "seed": U64,
    "temperature": F32,
    "top_p": F32,
    "repetition_penalty": F32,
    "frequency_penalty": F32,
    "stop": Kind("a sequence", (list,), nullable=True, items=True),
    "stream": Kind("a boolean", (bool,)),
}


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One generation for each prompt."""

    prompts: list[GenerateRequest]
    stream: bool
    suffix: str | None

    def check(self) -> None:
        """Raises what TGI refuses."""
        if self.suffix is not None:
            raise SuffixError()
        if len(self.prompts) > MAX_CLIENT_BATCH_SIZE:
            raise BatchSizeError(MAX_CLIENT_BATCH_SIZE)


def read_completion(value: Any, body: bytes) -> CompletionRequest | None:
    """The request of `value`, the JSON of `body`; None if it has no prompt. A wrong type raises BodyError."""
    prompt = value.get("prompt") if isinstance(value, dict) else None
    prompts = [prompt] if isinstance(prompt, str) else prompt
    if not isinstance(prompts, list) or not all(isinstance(one, str) for one in prompts):
        return None
    given = read_fields(value, body, FIELDS)
    temperature = given.get("temperature")
    parameters = Parameters(
        do_sample=temperature != 0,  # only temperature 0 asks for the most likely tokens
        temperature=temperature or None,
        max_new_tokens=given.get("max_tokens") or 100,
        stop=given.get("stop") or [],
        details=True,
        seed=given.get("seed"),
        top_p=given.get("top_p"),
        repetition_penalty=given.get("repetition_penalty"),
        frequency_penalty=given.get("frequency_penalty"),
    )
    requests = [GenerateRequest(one, parameters) for one in prompts]
    return CompletionRequest(requests, given.get("stream", False), given.get("suffix"))


class Completions:
    """Answers completion requests in OpenAI's shape, as far as TGI keeps to it."""

    def __init__(self, inference: Inference, settings: Settings) -> None:
        self._inference = inference
        self._settings = settings

    async def whole(self, request: CompletionRequest) -> dict[str, Any]:
        """The body of a request that is not streamed."""
        results = await together(*(self._inference.generate(one) for one in request.prompts))
        prompt_tokens = sum(length for _, _, length in results)
        generated = sum(best.end.generated_tokens for best, _, _ in results)
        reasons = {FinishReason.EOS_TOKEN: "stop"}  # of TGI's reasons only this one is translated
        choices = [
            _choice(index, best.end.text, reasons.get(best.end.finish_reason, str(best.end.finish_reason)))
            for index, (best, _, _) in enumerate(results)
        ]
        return self._object(choices, _usage(prompt_tokens, generated))

    async def events(self, request: CompletionRequest) -> AsyncGenerator[bytes]:
        """The events, one prompt after the other. The last chunk of each keeps TGI's finish reason."""
        prefix = self._settings.version.event_prefix
        for index, one in enumerate(request.prompts):
            try:
                async with aclosing(self._inference.stream(one)) as steps:
                    async for step, length in steps:
                        reason = "" if step.end is None else str(step.end.finish_reason)
                        usage = None if step.end is None else _usage(length, step.end.generated_tokens)
                        yield event_bytes(prefix, self._object([_choice(index, step.token.text, reason)], usage))
            except InferenceError as error:
                yield event_bytes(prefix, error.as_json())
        yield prefix.encode() + b"[DONE]\n\n"

    def _object(self, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> dict[str, Any]:
        completion: dict[str, Any] = {
            "object": "text_completion",
            "id": "",
            "created": int(time.time()),
            "model": self._settings.model_id,
            "system_fingerprint": f"{self._settings.version.name}-native",
            "choices": choices,
        }
        return completion if usage is None else {**completion, "usage": usage}


def _choice(index: int, text: str, finish_reason: str) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish_reason}


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
