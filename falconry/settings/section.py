"""What all sections of a config file have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of a config file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
