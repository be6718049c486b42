"""The error of a step that cannot do its work."""

from __future__ import annotations


class DeliveryError(Exception):
    """A failed step; the text says what failed, why, and what to do."""
