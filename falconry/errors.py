"""Why a command could not do what it was told."""

from __future__ import annotations


class CommandError(Exception):
    """A sentence for a person: what is wrong, and the mend. The command ends with exit code 1."""


class CheckFailedError(CommandError):
    """What was to be checked was checked and is not as it should be; the command's own output says what. Exit code 1,
    and nothing more is printed."""
