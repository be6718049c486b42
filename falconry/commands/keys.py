"""`falconry keys`: the API keys of the deployment's clients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from falconry.output import console, print_json
from falconry.target import Json, Local

if TYPE_CHECKING:
    from falconry.client_keys import ClientKey, ClientKeys, DeployedClient

EXPLANATION = """Clients' API keys: list, create, rotate, disable.

The stack creates one key for each client in the config. This command creates more, in the client's usage plan: they
share its rate, burst and quota, and work at once, without a deploy.
"""

Config = Annotated[str, typer.Option("--config", "-c", metavar="CONFIG", help="A name in config/, or a path.")]
ClientName = Annotated[str, typer.Argument(metavar="CLIENT", help="A client in the config.")]
KeyName = Annotated[str, typer.Argument(metavar="KEY", help="CLIENT/KEY-ID; CLIENT alone if it has one key.")]


def list_(config: Config = "", local: Local = False, json: Json = False) -> None:
    """Show clients, their keys, limits and usage this month.

    \b
    falconry keys list
    falconry keys list --json | jq -r '.clients[].keys[] | select(.enabled).id'

    Values are not shown; `falconry keys show` does that.
    """
    keys = _keys(config, local)
    clients, strays = keys.clients(), keys.strays()
    usage = {client.name: keys.used_this_month(client) for client in clients}
    if json:
        print_json(
            {
                "clients": [_described_client(client, usage[client.name]) for client in clients],
                "strays": [_described_key(key) for key in strays],
            }
        )
        return
    _table(clients, usage)
    for key in strays:
        console().print(
            f"{key.client}/{key.id} is in no usage plan and grants nothing: falconry keys delete {key.client}/{key.id}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def create(client: ClientName, config: Config = "", local: Local = False, json: Json = False) -> None:
    """Create another key for a client and print its value.

    \b
    falconry keys create website
    KEY=$(falconry keys create website --json | jq -r .value)
    """
    keys = _keys(config, local)
    key, value = keys.make(keys.client(client))
    if json:
        print_json({**_described_key(key), "value": value})
        return
    _print_value(key, value)


def rotate(client: ClientName, config: Config = "", local: Local = False, json: Json = False) -> None:
    """Create a client's next key. The old ones work until you disable them.

    \b
    falconry keys rotate website
    (hand the new key to the client; `keys list` shows when it is used)
    falconry keys disable website/OLD-ID
    """
    keys = _keys(config, local)
    found = keys.client(client)
    old = [key for key in found.keys if key.enabled]
    key, value = keys.make(found)
    if json:
        print_json({**_described_key(key), "value": value, "old": [_described_key(one) for one in old]})
        return
    _print_value(key, value)
    if old:
        console().print("\nOld and new keys work. Once the client uses the new one:")
    for one in old:
        console().print(
            f"  falconry keys disable {client}/{one.id}{_where(config, local)}", markup=False, soft_wrap=True
        )


def disable(key: KeyName, config: Config = "", local: Local = False, json: Json = False) -> None:
    """Disable a key, within seconds; `enable` undoes it.

    \b
    falconry keys disable website/a1b2c3d4e5
    """
    found = _switch(key, config, local, json, on=False)
    if found.made_by == "stack" and not json:
        console().print(
            "This is the stack's key. A later deploy that changes the key itself (such as its tags) may re-enable it;\n"
            "`falconry keys list` shows that. To disable it for good, rename the client in the config, and deploy.",
            style="yellow",
        )


def enable(key: KeyName, config: Config = "", local: Local = False, json: Json = False) -> None:
    """Enable a disabled key.

    \b
    falconry keys enable website/a1b2c3d4e5
    """
    _switch(key, config, local, json, on=True)


def show(key: KeyName, config: Config = "", local: Local = False, json: Json = False) -> None:
    """Print only a key's value.

    \b
    export OPENAI_API_KEY=$(falconry keys show website)
    """
    keys = _keys(config, local)
    found = keys.find(key)
    value = keys.value(found)
    if json:
        print_json({**_described_key(found), "value": value})
    else:
        print(value)


def delete(key: KeyName, config: Config = "", local: Local = False, json: Json = False) -> None:
    """Delete a disabled key that this command created.

    \b
    falconry keys delete website/a1b2c3d4e5

    Keys created by this command outlive `cdk destroy`, without a plan and so without effect. `keys list` shows them.
    """
    keys = _keys(config, local)
    found = keys.find(key)
    keys.delete(found)
    if json:
        print_json(_described_key(found))
    else:
        console().print(f"{found.client}/{found.id} is deleted.", markup=False)


list_.__name__ = "list"
COMMANDS: tuple[Callable[..., None], ...] = (list_, create, rotate, disable, enable, show, delete)


def _keys(config: str, local: bool) -> ClientKeys:
    from falconry.client_keys import ClientKeys
    from falconry.target import find

    return ClientKeys(find(config, local=local))


def _where(config: str, local: bool) -> str:
    return (f" -c {config}" if config else "") + (" --local" if local else "")


def _switch(name: str, config: str, local: bool, json: bool, *, on: bool) -> ClientKey:
    keys = _keys(config, local)
    key = keys.find(name)
    keys.switch(key, on=on)
    if json:
        print_json({**_described_key(key), "enabled": on})
    else:
        console().print(f"{key.client}/{key.id} is {'enabled' if on else 'disabled'}.", markup=False)
        if not on and key.plan_id and not any(one.enabled for one in keys.client(key.client).keys):
            note = f"{key.client} has no working key left: its callers get 401. To undo: falconry keys enable "
            console().print(
                f"{note}{key.client}/{key.id}{_where(config, local)}", style="yellow", markup=False, soft_wrap=True
            )
    return key


def _print_value(key: ClientKey, value: str) -> None:
    console().print(f"{key.client}/{key.id} works now. Its value, which `keys list` does not show:\n", markup=False)
    print(f"  {value}")


def _described_key(key: ClientKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "client": key.client,
        "name": key.name,
        "enabled": key.enabled,
        "made_by": key.made_by,
        "created": key.created.isoformat(),
    }


def _described_client(client: DeployedClient, used: Any) -> dict[str, Any]:
    return {
        "name": client.name,
        "rate_per_second": client.rate_per_second,
        "burst": client.burst,
        "requests_per_month": client.requests_per_month,
        "keys": [
            {**_described_key(key), "used_this_month": None if used is None else used.get(key.id, 0)}
            for key in client.keys
        ],
    }


def _table(clients: list[DeployedClient], usage: dict[str, Any]) -> None:
    from rich.table import Table

    wide = console().width >= 110
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("client/key", "state", "made by"):
        table.add_column(heading, no_wrap=True)
    if wide:
        table.add_column("made on", no_wrap=True)
    for heading in ("a second", "at once", "a month", "used"):
        table.add_column(heading, justify="right", no_wrap=True)
    for client in clients:
        used = usage[client.name]
        for index, key in enumerate(client.keys):
            limits = (client.rate_per_second, client.burst, client.requests_per_month) if index == 0 else ("",) * 3
            count = "?" if used is None else f"{used.get(key.id, 0):,}"
            row = [f"{client.name}/{key.id}", "[green]enabled[/]" if key.enabled else "[red]disabled[/]", key.made_by]
            row += [f"{key.created:%Y-%m-%d %H:%M}"] if wide else []
            table.add_row(
                *row, *("no limit" if one is None else f"{one:,.10g}" if one else "" for one in limits), count
            )
    console().print(table)
    if None in usage.values():
        console().print("\nused ?: the emulated API Gateway counts no usage.", style="dim")
