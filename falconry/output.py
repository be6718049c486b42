"""What commands print: for a person on standard output, or JSON for a script; complaints on standard error."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


@cache
def console() -> Console:
    """The terminal. Colours only where it is one and NO_COLOR is not set; as wide as it is, 80 columns in a pipe."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


@cache
def errors() -> Console:
    """Standard error, likewise."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """`value` for a script: indented JSON, and nothing else, on standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
