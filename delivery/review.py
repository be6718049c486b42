"""`python -m delivery.review --base DIR --head DIR --output DIR`: the review of a pull request, config by config.

The first two are what `python -m delivery.assemblies` wrote for base and head. Writes `review.md`, the comment, and
`<name>.diff`, what changed in the templates.

Exit codes: 0 nothing dangerous; 1 a config of the head cannot be synthesised; 2 `falconry review` sees danger.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from delivery.assembly import Assembly
from delivery.errors import DeliveryError
from delivery.projects import Project
from delivery.summary import tell
from delivery.template_diff import template_diff

FAILED, DANGER = 1, 2
"""The second is `falconry review`'s exit code too."""

SHOWN = 15_000
"""Characters of a diff that the comment shows. The whole of it is in the artifact."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one config; `code` is its exit code."""

    markdown: str
    code: int = 0


def review(base: Path, head: Path, output: Path, *, allow_danger: bool) -> int:
    """Write the review; the exit code."""
    output.mkdir(parents=True, exist_ok=True)
    names = sorted(
        {file.stem for side in (base, head) for file in side.iterdir() if file.suffix in (".tar", ".failed")}
    )
    verdicts = {name: _verdict(name, base, head, output, allow_danger) for name in names}
    text = "\n\n".join(f"## `{name}`\n\n{verdict.markdown.strip()}" for name, verdict in verdicts.items()) + "\n"
    (output / "review.md").write_text(text, encoding="utf-8")
    tell(text)
    return max((verdict.code for verdict in verdicts.values()), default=0)


def _verdict(name: str, base: Path, head: Path, output: Path, allow_danger: bool) -> Verdict:
    failure = head / f"{name}.failed"
    if failure.exists():
        said = failure.read_text(encoding="utf-8").strip()
        return Verdict(f"It cannot be synthesised:\n\n```\n{said}\n```", FAILED)
    before, after = _opened(name, base), _opened(name, head)
    if before is None:
        return Verdict("There is nothing to compare it with: it is new, or the base could not be synthesised.")
    if after is None:
        return Verdict("The config goes. Its stacks stay, and cost what they cost, until somebody destroys them.")
    difference = template_diff(before.cdk_out, after.cdk_out)
    (output / f"{name}.diff").write_text(difference, encoding="utf-8")
    if not difference:
        return Verdict("No template changes.")
    return _compared(before, after, output / f"{name}.md", difference, allow_danger)


def _opened(name: str, folder: Path) -> Assembly | None:
    file = folder / f"{name}.tar"
    return Assembly.open(name, file) if file.exists() else None


def _compared(before: Assembly, after: Assembly, file: Path, difference: str, allow_danger: bool) -> Verdict:
    command = ["falconry", "review", "--base", str(before.cdk_out), "--head", str(after.cdk_out), "--output", str(file)]
    command += ["--allow-danger"] if allow_danger else []
    code = subprocess.run(command, env=Project().environment, check=False).returncode
    if code not in (0, DANGER):
        raise DeliveryError(f"`falconry review` failed ({code}) for {after.name}; see above.")
    return Verdict(f"{file.read_text(encoding='utf-8').strip()}\n\n{_folded(difference)}", code)


def _folded(difference: str) -> str:
    lines = difference.count("\n") + 1
    shown = difference if len(difference) <= SHOWN else f"{difference[:SHOWN].rpartition(chr(10))[0]}\n... (cut)"
    return f"<details><summary>Templates: {lines} lines of difference</summary>\n\n```diff\n{shown}\n```\n\n</details>"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m delivery.review", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="assemblies of the branch that it goes into")
    parser.add_argument("--head", type=Path, required=True, help="assemblies of the change")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--allow-danger", choices=("true", "false"), default="false", help="somebody has accepted it")
    options = parser.parse_args()
    try:
        return review(options.base, options.head, options.output, allow_danger=options.allow_danger == "true")
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
