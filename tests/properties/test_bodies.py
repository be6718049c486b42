"""No body of a request makes the API fail: whatever is sent, the answer is an answer or says what is wrong with it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.front_support import BASE, CHAT, INSTRUCT, FakeEvents, answer, front, send

NAMES = (
    *("model", "messages", "prompt", "inputs", "parameters", "stream", "stream_options", "max_tokens", "temperature"),
    *("max_completion_tokens", "top_p", "stop", "seed", "n", "logprobs", "top_logprobs", "frequency_penalty", "echo"),
    *("presence_penalty", "top_k", "typical_p", "repetition_penalty", "logit_bias", "response_format", "modalities"),
    *("tools", "tool_choice", "functions", "store", "metadata", "user", "service_tier", "suffix", "best_of", "details"),
    *("decoder_input_details", "do_sample", "max_new_tokens", "return_full_text", "truncate", "watermark", "grammar"),
    *("top_n_tokens", "adapter_id", "role", "content", "type", "text", "name", "json_schema", "schema", "value"),
    *("include_usage", "include_obfuscation", "strict", "tool_calls", "refusal"),
)
"""The fields of every route, so that objects hold them where they belong and where they do not."""

_WORDS = (CHAT, INSTRUCT, BASE, "system", "developer", "user", "assistant", "tool", "text", "json_object", "auto", "")
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2, 4, 5, 20, 128, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**40]),
    st.sampled_from([0.0, -0.0, 0.5, 1.0, 2.0, 1e-320, 1e308, -1e308, math.inf, -math.inf]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(_WORDS),
    st.text(max_size=8),
    # Halves of surrogate pairs can be written in JSON and in nothing else.
    st.sampled_from(["\ud800", "\udc00x", "a\udfff"]),
)
_NUMBERS = st.one_of(
    st.sampled_from([math.inf, -math.inf, 1e308, 1e-320, -0.0, 10**40]),
    st.sampled_from([0, 1, -1, 4, 128, 2**31, 2**63, 2**64]),
    st.floats(allow_nan=False),
)
_NUMERIC = ("temperature", "top_p", "typical_p", "top_k", "repetition_penalty", "frequency_penalty", "seed")
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=6)), inner, max_size=4),
    ),
    max_leaves=12,
)
_TEXT_PART = st.fixed_dictionaries({"type": st.just("text"), "text": st.text(max_size=8)})
_MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "developer", "user", "assistant"]),
            "content": st.one_of(st.text(max_size=20), st.lists(_TEXT_PART, max_size=3)),
        }
    ),
    min_size=1,
    max_size=4,
)
_MODELS = st.sampled_from([CHAT, INSTRUCT, BASE])
_CHAT = st.fixed_dictionaries({"model": _MODELS, "messages": _MESSAGES})
_COMPLETION = st.fixed_dictionaries({"model": _MODELS, "prompt": st.text(max_size=20)})
_NATIVE = st.fixed_dictionaries({"inputs": st.text(min_size=1, max_size=20)})

_BODIES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "/v1/chat/completions": _CHAT,
    "/v1/completions": _COMPLETION,
    f"/models/{CHAT}": _NATIVE,
    f"/models/{INSTRUCT}": _NATIVE,
}


@st.composite
def near_bodies(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A route, and a body that it would take but for a few fields, at the top or one level below."""
    path = draw(st.sampled_from([*_BODIES]))
    body: dict[str, Any] = dict(draw(_BODIES[path]))
    below: dict[str, Any] = body.setdefault("parameters", {}) if "inputs" in body else body
    below |= draw(st.dictionaries(st.sampled_from(_NUMERIC), _NUMBERS, max_size=2))
    if draw(st.booleans()):
        below |= draw(st.dictionaries(st.sampled_from(NAMES), _VALUES, max_size=3))
    if draw(st.booleans()):
        body |= draw(st.dictionaries(st.sampled_from(NAMES), _VALUES, max_size=1))
    messages = body.get("messages")
    if draw(st.booleans()) and isinstance(messages, list) and messages and isinstance(messages[0], dict):
        messages[0] = {**messages[0], draw(st.sampled_from(NAMES)): draw(_VALUES)}
    return path, body


@dataclass
class WillingClient:
    """Answers every call; keeps the bodies."""

    bodies: list[bytes] = field(default_factory=list)

    def invoke_endpoint_with_response_stream(self, **request: Any) -> dict[str, Any]:
        self.bodies.append(request["Body"])
        return {"Body": FakeEvents(answer(" Hello", " you"))}


def written(body: object) -> bytes:
    """JSON has no word for infinity, but numbers that become it when they are read."""
    return json.dumps(body).replace("Infinity", "1e999").encode()


def check(path: str, body: bytes) -> None:
    client = WillingClient()
    response = send(front(client), "POST", path, body)
    answered = b"".join(response.body)

    assert response.status < 500, (response.record.error_detail, answered)
    assert response.record.error_code is None or response.status >= 400, "an error came within a stream"
    assert response.headers["x-request-id"] == "request-1"
    if response.status >= 400:
        error = json.loads(answered)["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["message"].endswith((".", "!", "?"))
        assert not client.bodies, "the model was called for a request that was refused"
    for sent in client.bodies:
        assert isinstance(json.loads(sent.decode("utf-8"), parse_constant=no_json)["inputs"], str)


def no_json(word: str) -> object:
    raise AssertionError(f"{word} was sent to the model, which is not JSON")


@given(st.one_of(near_bodies(), near_bodies(), st.tuples(st.sampled_from([*_BODIES]), _VALUES)))
@example(("/v1/chat/completions", {"model": CHAT, "messages": [{"role": "user", "content": "x"}], "stop": "\ud800"}))
@example((f"/models/{CHAT}", {"inputs": "x", "parameters": {"repetition_penalty": math.inf}}))
def test_no_json_makes_the_api_fail(case: tuple[str, Any]) -> None:
    path, body = case
    check(path, written(body))


@given(st.sampled_from([*_BODIES]), st.binary(max_size=60))
def test_no_bytes_make_the_api_fail(path: str, body: bytes) -> None:
    check(path, body)


@pytest.mark.parametrize("path", ["/v1/chat/completions", f"/models/{CHAT}"])
def test_the_bodies_that_are_varied_would_be_taken(path: str) -> None:
    client = WillingClient()
    body = {"model": CHAT, "messages": [{"role": "user", "content": "x"}]} if "chat/" in path else {"inputs": "x"}
    assert send(front(client), "POST", path, body).status == 200
    assert client.bodies
