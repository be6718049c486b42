"""The errors that end a command."""

from __future__ import annotations


class CommandError(Exception):
    """A sentence for a person: what is wrong and how to fix it. The command ends with exit code 1."""


class CheckFailedError(CommandError):
    """A check that ran and failed. The command has already printed what is wrong: exit code 1, and nothing more is
    printed."""
