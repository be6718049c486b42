"""`python -m falconry.delivery.review --base DIR --head DIR --output DIR`: the review of all configs.

The first two are what `python -m falconry.delivery.assemblies` wrote for base and head. Writes `review.md`, the comment
as `falconry review` puts it, and `<name>.diff`, what changed in the templates line by line.

Exit codes: 0 nothing dangerous; 1 a config of the head cannot be synthesized; 2 `falconry review` sees danger.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from falconry.delivery.bundle import Bundle
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project
from falconry.delivery.summary import report
from falconry.delivery.template_diff import template_diff

FAILED = 1


def review(base: Path, head: Path, output: Path, *, allow_danger: bool) -> int:
    """Write the review; the exit code. Raises DeliveryError where there is none."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        before, after = (_lay_out(side, Path(temporary) / side.name) for side in (base, head))
        code = _run_review(before, after, output / "review.md", allow_danger)
        for name in sorted({one.stem for side in (before, after) for one in side.glob("*.out")}):
            difference = template_diff(*(_there(side / f"{name}.out") for side in (before, after)))
            (output / f"{name}.diff").write_text(difference, encoding="utf-8")
    report((output / "review.md").read_text(encoding="utf-8"))
    return code


def _lay_out(assemblies: Path, folder: Path) -> Path:
    """The folder with NAME.out, or NAME.failed, for each config: the form that `falconry review` reads."""
    folder.mkdir()
    for file in sorted(assemblies.glob("*.tar")):
        (folder / f"{file.stem}.out").symlink_to(Bundle.open(file.stem, file).cdk_out)
    for file in sorted(assemblies.glob("*.failed")):
        shutil.copy(file, folder)
    return folder


def _there(folder: Path) -> Path | None:
    return folder if folder.exists() else None


def _run_review(before: Path, after: Path, file: Path, allow_danger: bool) -> int:
    file.unlink(missing_ok=True)
    command = ["falconry", "review", "--base", str(before), "--head", str(after), "--output", str(file)]
    command += ["--allow-danger"] if allow_danger else []
    code = subprocess.run(command, env=Project().environment, check=False).returncode
    if not file.exists():
        raise DeliveryError(f"`falconry review` failed ({code}); see above.")
    return code


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m falconry.delivery.review", description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="assemblies of the branch that it goes into")
    parser.add_argument("--head", type=Path, required=True, help="assemblies of the change")
    parser.add_argument("--output", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--allow-danger", choices=("true", "false"), default="false", help="somebody has accepted it")
    options = parser.parse_args()
    try:
        return review(
            options.base.resolve(),
            options.head.resolve(),
            options.output,
            allow_danger=options.allow_danger == "true",
        )
    except DeliveryError as error:
        print(error, file=sys.stderr)
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
