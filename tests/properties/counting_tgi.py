"""A TGI that counts a prompt's tokens by a rule of its own and refuses what does not fit, in TGI's words."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from hypothesis import strategies as st

from tests.unit.front_support import FakeEvents, answer, model_error, tgi_error

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """So many bytes a token for letters and for everything else; a prompt costs `around` tokens more."""

    letter_bytes: float
    other_bytes: float
    around: int = 0

    def count(self, text: str) -> int:
        letters = sum(len(character.encode()) for character in text if character.isalpha())
        others = len(text.encode()) - letters
        return max(1, math.ceil(letters / self.letter_bytes + others / self.other_bytes) + self.around)


def tokenizers(least: float = 1.0, most: float = 8.0) -> st.SearchStrategy[Tokenizer]:
    """Bytes a token: about 4 for English, 1 or 2 for scripts that Falcon was not trained on."""
    sizes = st.floats(least, most).map(lambda size: round(size, 2))
    return st.builds(Tokenizer, sizes, sizes, st.integers(0, 3))


@dataclass
class CountingClient:
    """botocore's client over such a TGI. `total_first` is the order in which the two limits are looked at; `in_stream`
    says whether a refusal comes as an event or as an answer of its own."""

    tokenizer: Tokenizer
    max_input: int
    max_total: int
    in_stream: bool
    total_first: bool
    payloads: list[dict[str, Any]] = field(default_factory=list)
    streams: list[FakeEvents] = field(default_factory=list)
    fitted: bool = False

    def invoke_endpoint_with_response_stream(self, **request: Any) -> dict[str, Any]:
        payload = json.loads(request["Body"])
        self.payloads.append(payload)
        refusal = self.refusal(payload["inputs"], payload["parameters"]["max_new_tokens"])
        self.fitted = refusal is None
        if refusal is not None and not self.in_stream:
            body = json.dumps({"error": refusal, "error_type": "validation"})
            error: ClientError = model_error(422, body)
            raise error
        events = answer(" Yes") if refusal is None else [tgi_error(refusal, "validation")]
        self.streams.append(FakeEvents(events))
        return {"Body": self.streams[-1]}

    def refusal(self, prompt: str, new: int) -> str | None:
        """Why TGI would not take it (router/src/validation.rs)."""
        count = self.tokenizer.count(prompt)
        total = (
            f"`inputs` tokens + `max_new_tokens` must be <= {self.max_total}. "
            f"Given: {count} `inputs` tokens and {new} `max_new_tokens`"
        )
        long_input = f"`inputs` must have less than {self.max_input} tokens. Given: {count}"
        checks = [(count + new > self.max_total, total), (count > self.max_input, long_input)]
        refused = [text for fails, text in (checks if self.total_first else reversed(checks)) if fails]
        return f"Input validation error: {refused[0]}" if refused else None
