"""What differs in the emulated AWS, on one machine and for one user."""

from __future__ import annotations

from falconry.settings.sections.deployment import Settings


def emulated(settings: Settings) -> Settings:
    """`settings` as deployed in the emulated AWS: with the playground, unless the file says no or callers sign."""
    api = settings.api
    if api.playground is not None or api.auth == "iam":
        return settings
    return settings.model_copy(update={"api": api.model_copy(update={"playground": True})})
