"""The parts of the architecture's picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A box: a title, lines of details, and its place. `stack` is empty if no stack has it."""

    key: str
    title: str
    details: tuple[str, ...]
    stack: str
    in_vpc: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from one box to another, by their keys; `dotted` if it is not on a request's path."""

    source: str
    target: str
    label: str = ""
    dotted: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The boxes and arrows of a picture."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    vpc: str
