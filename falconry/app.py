"""The command line: one module in `falconry.commands` for each subcommand."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable

import typer

from falconry.commands import models, review
from falconry.errors import CheckFailedError, CommandError

INTERRUPTED = 130
"""What shells make of a command that Ctrl-C ended: 128 and the signal's number."""

app = typer.Typer(
    name="falconry",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def falconry() -> None:
    """TII's Falcon models behind a REST API in your own AWS account.

    CONFIG is a name in config/ (dev means config/dev.yaml) or a path. With --local a command talks to the AWS that
    `make local` emulates on this machine.

    Exit codes: 0 done; 1 not done, or a check failed; 2 the command line is wrong, or a review found a danger;
    130 interrupted.
    """


def main() -> int:
    """Run the command line; it ends the process."""
    app(prog_name="falconry")
    return 0


def _add(command: Callable[..., None]) -> None:
    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except CheckFailedError:
            raise typer.Exit(1) from None
        except CommandError as error:
            print(f"falconry: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader, such as `head`, has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    app.command()(run)


for _command in (
    models.models,
    review.review,
):
    _add(_command)
