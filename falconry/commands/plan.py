"""`falconry plan`: resources, GPU memory, cost and changes of a config."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from falconry.target import Config, Json, Local

if TYPE_CHECKING:
    from falconry.deployment.changes import Change
    from falconry.deployment.cost import CostItem, Load, Throughput
    from falconry.target import Target


def plan(
    config: Config = "",
    requests_per_day: Annotated[
        float, typer.Option(metavar="N", min=1, help="Load: requests a day to each model, spread evenly.")
    ] = 10_000,
    tokens_per_answer: Annotated[
        float, typer.Option(metavar="N", min=1, help="Load: average tokens per answer.")
    ] = 250,
    tokens_per_second: Annotated[
        float | None,
        typer.Option(
            metavar="N", min=0.001, help="Load in answer tokens per second for each model, instead of requests a day."
        ),
    ] = None,
    local: Local = False,
    json: Json = False,
) -> None:
    """Show what a config creates, costs and changes.

    Also show whether each model fits the memory of its GPUs.

    Nothing is created or synthesized. With credentials, the endpoints are compared with the deployed ones; without,
    that part is left out. Prices are list prices with their dates; your AWS bill may differ.

    \b
    Examples:
      falconry plan dev
      falconry plan falcon-180b --requests-per-day 50000
      falconry plan dev --tokens-per-second 100 --json
      falconry plan --local                against what `make local` runs
    """
    from falconry.deployment.cost import Load
    from falconry.target import find

    target = find(config, local=local)
    load = Load(requests_per_day, tokens_per_answer)
    if tokens_per_second is not None:
        load = Load.of_tokens(tokens_per_second, tokens_per_answer)
    changes, reason = _compare(target)
    if json:
        _print_json(target, load, changes, reason)
        return
    from falconry.views import plan as view

    view.show(target.settings, load, changes, reason)


def _compare(target: Target) -> tuple[list[Change], str | None]:
    """What a deploy changes; or nothing, and why that is unknown."""
    from falconry.account import require_account
    from falconry.aws_errors import sentence
    from falconry.deployment.changes import changes
    from falconry.deployment.deployed import endpoints
    from falconry.deployment.sources import sources
    from falconry.errors import CommandError

    try:
        account = require_account(target).account
        return changes(target.settings, endpoints(target), sources(target, account)), None
    except CommandError as error:
        return [], str(error)
    except Exception as error:
        said = sentence(error)
        if said is None:
            raise
        return [], said


def _print_json(target: Target, load: Load, changes: list[Change], reason: str | None) -> None:
    from falconry.catalog import SERVICE_PRICES_READ
    from falconry.deployment import cost
    from falconry.deployment.contents import contents
    from falconry.output import print_json

    settings = target.settings
    print_json(
        {
            "deployment": settings.name,
            "region": settings.region,
            "stacks": contents(settings),
            "load": {**asdict(load), "tokens_per_second": load.tokens_per_second},
            "models": [_described(model.name, cost.throughput(model, load)) for model in settings.models],
            "costs": [
                {"name": item.name, "usd_per_hour": item.usd_per_hour, "usd_per_month": item.usd_per_month}
                for item in (*cost.standing(settings), cost.requests(settings, load))
            ],
            "fewest_instances": _idle(cost.idle_instances(settings)),
            "prices": {"region": "us-east-1", "read": SERVICE_PRICES_READ},
            "changes": None if reason else [asdict(change) for change in changes],
            "changes_unknown_because": reason,
        }
    )


def _idle(item: CostItem | None) -> dict[str, float | None] | None:
    """What the instances cost at the fewest; None where their number does not change."""
    return None if item is None else {"usd_per_hour": item.usd_per_hour, "usd_per_month": item.usd_per_month}


def _described(name: str, throughput: Throughput) -> dict[str, object]:
    room = throughput.fit
    return {
        "name": name,
        "instance_type": room.instance_type.name,
        "instance_count": throughput.instance_count,
        "quantize": room.quantize,
        "fits": room.fits,
        "gpu_memory_gib": room.shards * room.instance_type.gpu.memory_gib,
        "weights_gib": round(room.weights_gib, 1),
        "room_gib": round(room.room_gib, 1),
        "requests_at_once_per_instance": throughput.at_once,
        "requests_at_once_needed": round(throughput.needed_at_once, 2),
        "holds_the_load": throughput.holds,
        "usd_per_million_tokens": throughput.usd_per_million_tokens,
        "usd_per_million_tokens_at_least": throughput.usd_per_million_tokens_at_least,
        "price": None if room.instance_type.price is None else asdict(room.instance_type.price),
    }
