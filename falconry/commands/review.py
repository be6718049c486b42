"""`falconry review`: what a pull request does to a deployment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from falconry.target import Json

DANGER = 2
"""The exit code for a review that found a danger nobody allowed."""


def review(
    base: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="Output of `cdk synth` for the base branch: cdk.out, or a folder of NAME.out."
        ),
    ],
    head: Annotated[Path, typer.Option(metavar="FOLDER", help="The same for the branch to merge.")],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write to this file instead of standard output.")
    ] = None,
    allow_danger: Annotated[
        bool, typer.Option("--allow-danger", help="Exit with 0 even if dangers are found.")
    ] = False,
    json_: Json = False,
) -> None:
    """Show what a pull request does to a deployment.

    Compares two cloud assemblies, without an AWS account. Exit code 2 means a danger: an endpoint is replaced or its
    requests interrupted, a bucket or a key removed or exposed, access opened to the world, authorization turned off.
    Exit code 1 means that an assembly cannot be read or a config cannot be synthesized.
    """
    from falconry.assembly.cloud_assembly import read_all
    from falconry.errors import CheckFailedError
    from falconry.review.markdown import markdown
    from falconry.review.report import Verdict, as_json
    from falconry.review.report import review as compare

    (before, unknown), (after, failures) = read_all(base), read_all(head)
    found = compare(before, after, failures, unknown)
    text = markdown(found, allowed=allow_danger)
    if json_:
        text = json.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    if found.verdict == Verdict.FAILED:
        raise CheckFailedError
    if found.verdict == Verdict.DANGER and not allow_danger:
        raise typer.Exit(DANGER)
