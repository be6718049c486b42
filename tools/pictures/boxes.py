"""What the architecture's picture is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """What is drawn: a title, lines of details, and where it stands. `stack` is empty for what no stack holds."""

    key: str
    title: str
    details: tuple[str, ...]
    stack: str
    in_vpc: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another, by their keys. `dotted` where it is no request's path."""

    source: str
    target: str
    label: str = ""
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """What the templates say."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    vpc: str
