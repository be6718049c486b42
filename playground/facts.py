"""What the page knows about the deployment. It asks the API for everything else, with the user's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class PlaygroundModel:
    """One model.

    Attributes:
        chat: whether it answers conversations; otherwise it only continues text.
        max_total_tokens: prompt and answer together.
        usd_per_hour: list price of one of its instances, or None where none is known.
        price_read: when that was read ("2026-09-18").
    """

    name: str
    chat: bool
    max_total_tokens: int
    instance_type: str
    usd_per_hour: float | None
    price_read: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What `build` writes into the page.

    Attributes:
        deployment: its name.
        credentials: what the user types: a key of the API, or an identity provider's token.
        samples: {"title", "kind" ("chat" or "completion"), "messages" or "prompt", "parameters" in the API's names}.
    """

    deployment: str
    credentials: Literal["api_key", "token"]
    models: Sequence[PlaygroundModel]
    samples: Sequence[Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For the page's own JSON block."""
        return asdict(self)
