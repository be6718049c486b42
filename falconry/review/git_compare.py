"""`make review BASE=main`: synthesizes every config of two branches and reviews the difference, as a workflow does.

The head is the working folder with all that is not committed yet. The base is checked out into a temporary folder and
synthesized with the packages that are installed here.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from falconry.assembly.cloud_assembly import FAILURE_SUFFIX
from falconry.cdk import Cdk
from falconry.errors import CommandError

INSTALLED = (".venv", "node_modules")
"""What a checkout needs but does not contain."""

AT_ONCE = 2
"""Concurrent syntheses: each keeps a Python and a Node process busy."""

_NO_NEWS = re.compile("Subprocess exited with error|NOTICES")
"""Lines of the CLI that say nothing about the config."""


def synthesize_both(base: str, project: Path, folder: Path) -> tuple[Path, Path]:
    """Two folders below `folder` with NAME.out, or NAME.failed, for each config of the branch `base` and of `project`.

    Raises:
        CommandError: there is no such branch, or `project` is no checkout.
    """
    outputs = folder / "base", folder / "head"
    with _checkout(base, project, folder / "checkout") as checkout:
        work = []
        for root, output in zip((checkout, project), outputs, strict=True):
            output.mkdir()
            work += [(root, config, output) for config in sorted((root / "config").glob("*.yaml"))]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            try:
                list(pool.map(lambda one: _synthesize(*one), work))
            finally:
                # Ended on the way, only what runs is waited for.
                pool.shutdown(cancel_futures=True)
    return outputs


@contextmanager
def _checkout(base: str, project: Path, folder: Path) -> Iterator[Path]:
    """A worktree of `base`, always removed afterwards."""
    try:
        _git(project, "worktree", "add", "--quiet", "--detach", str(folder), base)
        for name in INSTALLED:
            if (project / name).exists():
                (folder / name).symlink_to((project / name).resolve())
        yield folder
    finally:
        if folder.exists():
            _git(project, "worktree", "remove", "--force", str(folder))


def _git(project: Path, *arguments: str) -> str:
    """The output of a git command. Even on exit it is waited for: if killed, its children would keep writing."""
    with subprocess.Popen(
        ["git", *arguments], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        printed, complaint = process.communicate()
    if process.returncode != 0:
        raise CommandError(f"git {arguments[0]} {arguments[1]}: {complaint.strip()}")
    return printed.strip()


def _synthesize(root: Path, config: Path, output: Path) -> None:
    done = Cdk(root).synth(f"config/{config.name}", output / f"{config.stem}.out")
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip() and not _NO_NEWS.search(line)]
        said = "\n".join(lines).replace(f"{root}{os.sep}", "") or f"exit code {done.returncode}, without any output."
        (output / f"{config.stem}{FAILURE_SUFFIX}").write_text(said, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """`python -m falconry.review.git_compare BASE [options of falconry review]`; its exit code."""
    from falconry.app import app

    signal.signal(signal.SIGTERM, _end)
    base, *options = arguments
    with tempfile.TemporaryDirectory(prefix="falconry-review-") as folder:
        try:
            project = Path(_git(Path.cwd(), "rev-parse", "--show-toplevel"))
            before, after = synthesize_both(base, project, Path(folder))
        except CommandError as error:
            print(f"falconry: {error}", file=sys.stderr)
            return 1
        command = ["review", "--base", str(before), "--head", str(after), *options]
        code: int = app(command, prog_name="falconry", standalone_mode=False) or 0
        return code


def _end(_number: int, _frame: FrameType | None) -> None:
    """Exit through the `finally` clauses."""
    sys.exit(143)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name the branch to compare with: python -m falconry.review.git_compare main")
    sys.exit(main(sys.argv[1:]))
