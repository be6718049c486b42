"""The command line: one module in `falconry.commands` for each subcommand."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence

import typer

from falconry.commands import chat, keys, logs, mirror, models, plan, preflight, review, smoke, status
from falconry.errors import CheckFailedError, CommandError

INTERRUPTED = 130
"""The exit code that shells give a command ended by Ctrl-C: 128 plus the signal's number."""

BROKEN_PIPE = 141
"""Likewise for SIGPIPE: not everything was done, or not everything was read."""

app = typer.Typer(
    name="falconry",
    no_args_is_help=True,
    add_completion=False,
    # Help in plain text: it keeps the examples as they stand, and appears in half the time.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def falconry() -> None:
    """TII's Falcon models behind a REST API in your own AWS account.

    CONFIG is a name in config/ (dev means config/dev.yaml) or a path. With --local, a command uses the AWS that
    `make local` emulates on this machine; otherwise it uses AWS, with the credentials that the AWS CLI would use.

    \b
    Exit codes: 0 success; 1 failure, or a check failed;
    2 invalid command line, or a review found a danger;
    130 interrupted; 141 the reader of the output (such as head) closed it.
    """


def main() -> int:
    """Run the command line; it ends the process."""
    app(prog_name="falconry")
    return 0


def _add(command: Callable[..., None], to: typer.Typer = app) -> None:
    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            _report_aws_errors(command)(*arguments, **options)
        except CheckFailedError:
            raise typer.Exit(1) from None
        except CommandError as error:
            print(f"falconry: {error}", file=sys.stderr)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader, such as `head`, has seen enough. What is still buffered is discarded without an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(BROKEN_PIPE) from None

    to.command()(run)


def _report_aws_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Turns what boto3 raises into a sentence, without loading boto3 for commands that do not use it."""

    @functools.wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except Exception as error:
            if "botocore.exceptions" not in sys.modules:
                raise
            from falconry.aws_errors import sentence

            said = sentence(error)
            if said is None:
                raise
            raise CommandError(said) from None

    return run


def _add_group(name: str, explanation: str, commands: Sequence[Callable[..., None]]) -> None:
    """Several commands under one word: `falconry keys list`."""
    group = typer.Typer(no_args_is_help=True, help=explanation)
    for command in commands:
        _add(command, group)
    app.add_typer(group, name=name)


for _command in (
    models.models,
    plan.plan,
    preflight.preflight,
    review.review,
    mirror.mirror,
    smoke.smoke,
    status.status,
    logs.logs,
    chat.chat,
):
    _add(_command)
_add_group("keys", keys.EXPLANATION, keys.COMMANDS)
