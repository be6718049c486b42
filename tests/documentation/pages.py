"""The pages that people read, taken apart: code blocks, commands, and which need an AWS account.

The rules, which a new page has to keep too:

- A block without a language, fenced or indented, is for a shell: each line is a command, a comment (`# ...`), a remark
  in parentheses, or goes on where the line before ended in a backslash.
- Any other block is fenced and names its language.
- `Needs an AWS account.` before a block in its section, or in a section above it, says so of the block. Everything
  else must run without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "Needs an AWS account."
LANGUAGES = {"", "json", "python", "sh", "text", "yaml"}


@dataclass(frozen=True, slots=True)
class Block:
    """One code block; `language` is "" where none is named. `marked`: it needs an AWS account."""

    page: str
    line: int
    language: str
    text: str
    marked: bool

    @property
    def commands(self) -> list[str]:
        """The shell's commands, each in one line; none for other languages."""
        if self.language not in ("", "sh"):
            return []
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        return [line.strip() for line in lines if line.strip() and not re.match(r"\s*(#|\(.*\)$)", line)]


def pages() -> list[Path]:
    """README.md and the pages of docs/, without the records of decisions."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(page: Path) -> list[Block]:
    """Every code block of a page, in order."""
    return list(_blocks(page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    marks: dict[int, bool] = {}
    level, number = 0, 0
    while number < len(lines):
        line = lines[number]
        start = number + 1
        if heading := re.match(r"(#+) ", line):
            level = len(heading[1])
            marks = {one: mark for one, mark in marks.items() if one < level}
        elif fence := re.match(r"(```+)(\w*)\s*$", line):
            end = lines.index(fence[1], number + 1)
            yield Block(page, start, fence[2], "\n".join(lines[number + 1 : end]), any(marks.values()))
            number = end
        elif line.startswith("    ") and (number == 0 or not lines[number - 1].strip()):
            end = number
            while end < len(lines) and (lines[end].startswith("    ") or not lines[end].strip()):
                end += 1
            text = "\n".join(one.removeprefix("    ") for one in lines[number:end]).rstrip()
            yield Block(page, start, "", text, any(marks.values()))
            number = end - 1
        elif MARK in line:
            marks[level] = True
        number += 1
