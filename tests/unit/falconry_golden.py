"""What `falconry` prints without an AWS account, at 80 and 160 columns: tests/unit/golden/.

`python -m tests.unit.falconry_golden` writes the files anew, to be looked at before they are committed.
"""

from __future__ import annotations

from pathlib import Path

from tests.falconry_support import falconry

FOLDER = Path(__file__).parent / "golden"
COMMANDS = {
    "models": ("models",),
    "model": ("models", "falcon-40b-instruct"),
    "plan": ("plan", "falcon-180b"),
    "plan-small": ("plan", "tests/unit/golden/small.yaml", "--tokens-per-second", "500"),
}
WIDTHS = (80, 160)


def expected(name: str, width: int) -> Path:
    return FOLDER / f"{name}-{width}.txt"


def actual(name: str, width: int) -> str:
    """The output, without the blanks that tables leave at the ends of lines."""
    finished = falconry(*COMMANDS[name], columns=width)
    return "".join(f"{line.rstrip()}\n" for line in (finished.stdout + finished.stderr).splitlines())


if __name__ == "__main__":
    for name in COMMANDS:
        for width in WIDTHS:
            expected(name, width).write_text(actual(name, width), encoding="utf-8")
