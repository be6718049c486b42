"""The checks of the post-deploy test: requests to the API, and verdicts on the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from falconry.api import ApiResponse, DeployedApi, refusal, text_of
from falconry.catalog import MODELS, Sample, samples
from falconry.errors import CommandError

QUICK = ("hello", "tweet-sentiment")
"""The samples of a quick run: one short answer per kind of model."""

SHORTEST_FLOW = 0.05
"""Seconds from the first text to the end, below which a rate of tokens means nothing."""

UNKNOWN_MODEL = "no-such-falcon"


@dataclass(frozen=True)
class SmokeResult:
    """The result of a check.

    Attributes:
        problems: sentences; none means passed.
        look_at: where to look, if there are problems.
        details: times and counts.
    """

    problems: Sequence[str]
    look_at: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SmokeCheck:
    """One request and its verdict. `run` takes the seconds that are left, and raises CommandError like the API. `model`
    is "" for a check of the API itself."""

    model: str
    name: str
    run: Callable[[float], SmokeResult]


class SmokeChecks:
    """The checks of one deployment.

    Args:
        announced: whether the emulated AWS answers, with the answers of the announcement.
    """

    def __init__(self, api: DeployedApi, models: Sequence[str], *, needs_key: bool, announced: bool) -> None:
        self._api = api
        self._models = models
        self._needs_key = needs_key
        self._announced = announced

    def all(self, *, quick: bool) -> Iterator[SmokeCheck]:
        """Every check, the ones that need no model first."""
        yield SmokeCheck("", "models list", self._models_are_listed)
        yield SmokeCheck("", "no credentials: 401", self._nobody_gets_in)
        yield SmokeCheck("", "unknown model: 404", self._knows_its_models)
        for model in self._models:
            chats = MODELS[model].chat_template is not None
            path, body = ("/chat/completions", _chat(model)) if chats else ("/completions", _text(model))
            yield SmokeCheck(model, "bad request: 400", partial(self._refuses_a_temperature, path, body))
            yield SmokeCheck(model, "native route", partial(self._continues, model))
            yield from self._of_samples(model, "chat" if chats else "completion", quick)

    def _of_samples(self, model: str, kind: str, quick: bool) -> Iterator[SmokeCheck]:
        for sample in samples():
            if sample.kind == kind and (not quick or sample.id in QUICK):
                yield SmokeCheck(model, f"{sample.id}, streamed", partial(self._streamed, model, sample))
                yield SmokeCheck(model, f"{sample.id}, whole", partial(self._whole, model, sample))

    def _models_are_listed(self, left: float) -> SmokeResult:
        answer = self._api.get("/models", timeout=left)
        if answer.status != 200:
            return _unexpected(answer, 200)
        listed = [str(model.get("id")) for model in answer.body["data"]]
        missing = [model for model in self._models if model not in listed]
        problems = [f"not listed: {', '.join(missing)}; listed: {', '.join(listed)}"] if missing else []
        return SmokeResult(problems, "Was the config changed without a deploy?", {"seconds": answer.seconds})

    def _nobody_gets_in(self, left: float) -> SmokeResult:
        answer = self._api.post("/chat/completions", _chat(self._models[0]), let_in=False, timeout=left)
        # API Gateway answers 403 to a request that should be signed and is not.
        allowed = (401,) if self._needs_key else (401, 403)
        problems = [] if answer.status in allowed else [f"answered {answer.status}: {answer.text[:200]}"]
        return SmokeResult(problems + _shape(answer), "Either the API is open, or something in front of it answers.")

    def _knows_its_models(self, left: float) -> SmokeResult:
        return _refused(self._api.post("/chat/completions", _chat(UNKNOWN_MODEL), timeout=left), 404, "model")

    def _refuses_a_temperature(self, path: str, body: dict[str, Any], left: float) -> SmokeResult:
        return _refused(self._api.post(path, body | {"temperature": 9}, timeout=left), 400, "temperature")

    def _continues(self, model: str, left: float) -> SmokeResult:
        body = {"inputs": "Hello", "parameters": {"max_new_tokens": 8}}
        answer = self._api.post(f"/models/{model}", body, native=True, timeout=left)
        if answer.status != 200:
            return _unexpected(answer, 200)
        text = answer.body[0]["generated_text"]
        return SmokeResult([] if text.strip() else ["the text is empty"], _log(answer), {"seconds": answer.seconds})

    def _streamed(self, model: str, sample: Sample, left: float) -> SmokeResult:
        path, body = _asked(model, sample)
        text, finish, usage, pieces = "", None, None, 0
        with self._api.stream(
            path, body | {"stream": True, "stream_options": {"include_usage": True}}, timeout=left
        ) as stream:
            for chunk in stream.chunks():
                piece = text_of(chunk)
                text, pieces = text + piece, pieces + bool(piece)
                finish = next((one["finish_reason"] for one in chunk["choices"]), None) or finish
                usage = chunk.get("usage") or usage
                if stream.seconds > left:
                    raise CommandError(
                        f"still streaming after {stream.seconds:.1f} s (request id {stream.answer.request_id})"
                    )
            details: dict[str, Any] = {"seconds": stream.seconds, "first_seconds": stream.first}
        tokens = (usage or {}).get("completion_tokens") or 0
        flowing = details["seconds"] - (stream.first or 0)
        if tokens > 1 and flowing > SHORTEST_FLOW:
            details["tokens_per_second"] = (tokens - 1) / flowing
        problems = self._judge(sample, text, finish, usage)
        if tokens > 20 and pieces < 3:
            problems.append(f"{tokens} tokens arrived in {pieces} chunks: something buffers the stream")
        return SmokeResult(problems, _log(stream.answer), details | {"completion_tokens": tokens})

    def _whole(self, model: str, sample: Sample, left: float) -> SmokeResult:
        path, body = _asked(model, sample)
        answer = self._api.post(path, body, timeout=left)
        if answer.status != 200:
            return _unexpected(answer, 200)
        choice = answer.body["choices"][0]
        text = choice["message"]["content"] if sample.kind == "chat" else choice["text"]
        usage = answer.body.get("usage")
        details = {"seconds": answer.seconds, "completion_tokens": (usage or {}).get("completion_tokens")}
        return SmokeResult(self._judge(sample, text, choice.get("finish_reason"), usage), _log(answer), details)

    def _judge(self, sample: Sample, text: str, finish: str | None, usage: Any) -> list[str]:
        problems = []
        if not text.strip():
            problems.append("the answer is empty")
        stops = [stop for stop in sample.parameters.get("stop", ()) if stop in text]
        if stops:
            problems.append(f"the answer contains the stop sequence {stops[0]!r}")
        if sample.kind == "chat" and text != text.strip():
            problems.append(f"the answer begins or ends with whitespace: {text[:20]!r} ... {text[-20:]!r}")
        if finish not in ("stop", "length"):
            problems.append(f"finish_reason is {finish!r}")
        if not usage or not usage.get("prompt_tokens") or not usage.get("completion_tokens"):
            problems.append(f"usage is {usage!r}")
        if self._announced and text.strip() != sample.answer:
            problems.append(f"the answer is not the announced one: {text.strip()[:60]!r}")
        return problems


def _asked(model: str, sample: Sample) -> tuple[str, dict[str, Any]]:
    """Path and body of a sample, greedily, so that two runs can be compared."""
    common: dict[str, Any] = {"max_tokens": sample.parameters["max_new_tokens"], "temperature": 0}
    if stops := sample.parameters.get("stop"):
        common["stop"] = list(stops)
    if sample.kind == "chat":
        return "/chat/completions", {
            "model": model,
            "messages": [dict(message) for message in sample.messages],
            **common,
        }
    return "/completions", {"model": model, "prompt": sample.prompt, **common}


def _chat(model: str) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 8}


def _text(model: str) -> dict[str, Any]:
    return {"model": model, "prompt": "Hello", "max_tokens": 8}


def _shape(answer: ApiResponse) -> list[str]:
    """Problems with the form of OpenAI's error object."""
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    if not isinstance(error, dict) or set(error) != {"message", "type", "param", "code"}:
        return [f"the error does not have OpenAI's format: {answer.text[:200]}"]
    return []


def _refused(answer: ApiResponse, status: int, param: str) -> SmokeResult:
    """Whether an answer is the expected refusal."""
    if answer.status != status:
        return _unexpected(answer, status)
    problems = _shape(answer)
    if not problems and answer.body["error"]["param"] != param:
        problems = [f"the error is about {answer.body['error']['param']!r}, not {param!r}"]
    return SmokeResult(problems, _log(answer))


def _unexpected(answer: ApiResponse, status: int) -> SmokeResult:
    return SmokeResult([f"expected {status}, got {refusal(answer)}"[:500]], "falconry logs, falconry status")


def _log(answer: ApiResponse) -> str:
    return (
        f"Search the gateway function's log for request id {answer.request_id}."
        if answer.request_id
        else "The access log."
    )
