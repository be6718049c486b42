"""The announcement's samples as the page offers them: with the parameters in the API's names, without the answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from falconry.catalog import Sample

_OF_API = {
    "chat": {"max_new_tokens": "max_completion_tokens"},
    "completion": {"max_new_tokens": "max_tokens"},
}
"""What OpenAI's routes call the container's parameters; the others have the same name in both."""


def samples(announced: Iterable[Sample]) -> list[Mapping[str, Any]]:
    """For `Facts.samples`."""
    return [
        {
            "title": sample.title,
            "kind": sample.kind,
            **({"prompt": sample.prompt} if sample.kind == "completion" else {"messages": list(sample.messages)}),
            "parameters": {_OF_API[sample.kind].get(name, name): value for name, value in sample.parameters.items()},
        }
        for sample in announced
    ]
