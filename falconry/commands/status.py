"""`falconry status`: the state of a deployment."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from falconry.target import Config, Json, Local

if TYPE_CHECKING:
    from falconry.deployment.status import Status
    from falconry.target import Target


def status(
    config: Config = "",
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Repeat until Ctrl-C.")] = False,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", min=1, help="Seconds between repetitions, with --watch.")
    ] = 10.0,
    local: Local = False,
    json: Json = False,
) -> None:
    """Show endpoints, traffic, alarms, last deploy and cost so far.

    Exit code 1 if nothing is deployed. Requests, tokens and times come from the gateway function's metrics; the cost is
    an estimate from instance hours at list price.

    \b
    Examples:
      falconry status dev
      falconry status falcon-180b --watch --interval 30
      falconry status --json | jq '.endpoints[] | select(.status != "InService")'
    """
    from falconry.target import find

    target = find(config, local=local)
    if watch:
        _watch(target, interval, json)
    else:
        _show(_read(target), json)


def _read(target: Target) -> Status:
    """Raises CommandError if there is no such deployment."""
    from falconry.account import require_account
    from falconry.deployment.status import read
    from falconry.errors import CommandError

    account = require_account(target).account
    found = read(target)
    if not found.stacks and not found.endpoints:
        raise CommandError(
            f"{target.settings.name} is not deployed in {target.settings.region} of account {account}. Check with "
            f"`falconry preflight {target.config}`, then run `npx cdk deploy --all -c config={target.config}`."
        )
    return found


def _show(found: Status, json: bool) -> None:
    from falconry.output import print_json

    if json:
        print_json(asdict(found))
        return
    from falconry.views import status as view

    view.show(found)


def _watch(target: Target, interval: float, json: bool) -> None:
    import time

    from falconry.output import console

    # Ctrl-C is how this ends, not a failure.
    try:
        while True:
            found = _read(target)
            if not json:
                console().clear()
            _show(found, json)
            time.sleep(interval)
    except KeyboardInterrupt:
        return
