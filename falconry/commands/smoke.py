"""`falconry smoke`: the test after a deploy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from falconry.caller import ExtraHeaders, Key, Token, Url
from falconry.output import console, print_json
from falconry.target import Config, Json, Local

if TYPE_CHECKING:
    from falconry.smoke_checks import SmokeCheck, SmokeResult


def smoke(
    config: Config = "",
    quick: Annotated[bool, typer.Option("--quick", help="One short sample per model instead of all.")] = False,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=1, help="For all checks together.")
    ] = 600,
    model: Annotated[
        list[str], typer.Option("--model", "-m", metavar="MODEL", help="Test only this model; can be repeated.")
    ] = [],  # noqa: B006
    key: Key = "",
    token: Token = "",
    url: Url = "",
    header: ExtraHeaders = [],  # noqa: B006
    local: Local = False,
    json: Json = False,
) -> None:
    """Test a deployment: sample prompts through the real API.

    \b
    falconry smoke prod                 all samples, each streamed and whole
    falconry smoke prod --quick         a minute instead of ten, after a deploy
    falconry smoke --local              what `make local` serves
    falconry smoke prod --json | jq '.checks[] | select(.passed | not)'

    \b
    Checks of each model: it answers in time, without a stop sequence or
    whitespace at its ends, with a finish reason and usage; it streams; a bad
    request is refused in OpenAI's format. Checks of the API: it lists the
    models, answers 404 for an unknown one, and lets nobody in without
    credentials. Costs a few thousand tokens. Exit code 1 if a check failed.
    """
    from falconry.api import DeployedApi
    from falconry.caller import find_caller
    from falconry.errors import CheckFailedError, CommandError
    from falconry.smoke_checks import SmokeChecks
    from falconry.target import find

    target = find(config, local=local)
    known = [one.name for one in target.settings.models]
    if unknown := [name for name in model if name not in known]:
        raise CommandError(f"{unknown[0]!r} is not a model of {target.settings.name}. Its models: {', '.join(known)}.")
    checks = SmokeChecks(
        DeployedApi(find_caller(target, key=key, token=token, url=url, headers=header)),
        model or known,
        needs_key=target.settings.api.auth != "iam",
        announced=bool(target.local and target.local["announced_answers"]),
    )
    deadline = time.monotonic() + timeout
    rows = []
    shown = ""
    for check in checks.all(quick=quick):
        if check.model != shown and not json:
            console().print(f"[bold]{check.model}[/]")
        shown = check.model
        outcome = _outcome(check, deadline, timeout)
        rows.append((check, outcome))
        if not json:
            _print(check.name, outcome)
    failed = [check for check, outcome in rows if outcome.problems]
    if json:
        print_json({"passed": not failed, "checks": [_described(check, outcome) for check, outcome in rows]})
    else:
        _verdict(len(rows), len(failed))
    if failed:
        raise CheckFailedError


def _outcome(check: SmokeCheck, deadline: float, timeout: float) -> SmokeResult:
    from falconry.errors import CommandError
    from falconry.smoke_checks import SmokeResult

    left = deadline - time.monotonic()
    if left <= 0:
        return SmokeResult([f"not run: the {timeout:g} s of --timeout have passed"], "A slow check above.")
    try:
        return check.run(left)
    except CommandError as error:
        return SmokeResult([str(error)], "falconry logs, falconry status")
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        return SmokeResult([f"the answer does not have the API's format: {error!r}"], "Is this the API's URL?")


def _print(name: str, outcome: SmokeResult) -> None:
    from rich.table import Table
    from rich.text import Text

    row = Table.grid(padding=(0, 1), expand=False)
    row.add_column(width=1)
    row.add_column(width=38)
    row.add_column(no_wrap=True)
    mark = Text("✗", "bold red") if outcome.problems else Text("✓", "green")
    row.add_row(mark, Text(name), Text(_figures(outcome.details), "dim"))
    console().print(row)
    for problem in outcome.problems:
        console().print(Text(f"    {problem}", "red"))
    if outcome.problems:
        console().print(Text(f"    Look at: {outcome.look_at}", "dim"))


def _figures(details: Any) -> str:
    parts = [f"{details['seconds']:6.2f} s"] if "seconds" in details else []
    if details.get("first_seconds") is not None:
        parts.append(f"first {details['first_seconds']:.2f} s")
    if details.get("tokens_per_second"):
        parts.append(f"{details['tokens_per_second']:.0f} t/s")
    return "  ".join(parts)


def _verdict(count: int, failed: int) -> None:
    if failed:
        console().print(f"\n[bold red]{failed} of {count} checks failed.[/]")
    else:
        console().print(f"\n[bold green]All {count} checks passed.[/]")


def _described(check: SmokeCheck, outcome: SmokeResult) -> dict[str, Any]:
    return {
        "model": check.model or None,
        "name": check.name,
        "passed": not outcome.problems,
        "problems": list(outcome.problems),
        "look_at": outcome.look_at if outcome.problems else None,
        **outcome.details,
    }
