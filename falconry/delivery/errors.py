"""How a step ends when it cannot do its work."""

from __future__ import annotations


class DeliveryError(Exception):
    """The step has failed; the text says what, why and what to do."""
