"""`falconry models`: what can be deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from falconry.output import console, print_json
from falconry.target import Json

if TYPE_CHECKING:
    from catalog import FalconModel, Fit


def models(
    name: Annotated[str, typer.Argument(metavar="[MODEL]", help="Show one model and every way to run it.")] = "",
    json: Json = False,
) -> None:
    """Show the Falcon models, what they run on, and what that costs.

    Prices are list prices on demand in us-east-1, to compare: `falconry plan` says where they were read.
    """
    from catalog import MODELS

    if name:
        _one(_known(name), json)
        return
    if json:
        print_json([_described(model) for model in MODELS.values()])
        return
    _table()


def _known(name: str) -> FalconModel:
    import difflib

    from catalog import MODELS
    from falconry.errors import CommandError

    if name in MODELS:
        return MODELS[name]
    near = difflib.get_close_matches(name, MODELS, n=1)
    guess = f" Did you mean {near[0]}?" if near else ""
    raise CommandError(f"there is no model {name!r}.{guess} Known: {', '.join(MODELS)}.")


def _described(model: FalconModel) -> dict[str, object]:
    from catalog import INSTANCE_TYPES, fit

    return {
        "name": model.name,
        "jumpstart_model_id": model.jumpstart_model_id,
        "jumpstart_version": model.jumpstart_version,
        "chat": model.chat_template is not None,
        "parameters": model.dimensions.parameters,
        "weights_gib": round(fit(model, INSTANCE_TYPES[model.default_instance_type]).weights_gib, 1),
        "max_total_tokens": model.max_total_tokens,
        "max_input_tokens": model.max_input_tokens,
        "latency_per_token_ms": model.latency_per_token_ms,
        "default_instance_type": model.default_instance_type,
        "supported_instance_types": list(model.supported_instance_types),
        "usd_per_hour": INSTANCE_TYPES[model.default_instance_type].usd_per_hour,
        "quantizations": [one.name for one in model.quantizations],
        "tgi_version": model.tgi_version,
        "licence": model.licence,
    }


def _table() -> None:
    from rich.table import Table

    from catalog import INSTANCE_TYPES, MODELS, fit

    wide = console().width >= 110
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("for", no_wrap=True)
    table.add_column("instance type", no_wrap=True)
    table.add_column("$/hour", justify="right")
    table.add_column("weights", justify="right", no_wrap=True)
    table.add_column("tokens", justify="right")
    if wide:
        table.add_column("at once", justify="right")
        table.add_column("ms/token", justify="right")
        table.add_column("TGI")
        table.add_column("licence", no_wrap=True)
    for model in MODELS.values():
        room = fit(model, INSTANCE_TYPES[model.default_instance_type])
        price = room.instance_type.usd_per_hour
        row = [
            model.name,
            "chat" if model.chat_template else "text",
            model.default_instance_type,
            "?" if price is None else f"{price:.2f}",
            f"{room.weights_gib:.0f} GiB",
            str(model.max_total_tokens),
        ]
        if wide:
            row += [str(room.sequences), str(model.latency_per_token_ms), model.tgi_version, model.licence]
        table.add_row(*row)
    console().print(table)
    console().print(
        "\n`falconry models NAME` shows every way to run one of them."
        + ("" if wide else " A wider terminal shows more columns; --json shows all."),
        style="dim",
    )


def _one(model: FalconModel, as_json: bool) -> None:
    from catalog import alternatives

    ways = alternatives(model)
    if as_json:
        print_json({**_described(model), "ways": [_way(one) for one in ways]})
        return
    from rich.table import Table

    out = console()
    out.print(f"[bold]{model.name}[/]  {model.dimensions.parameters / 1e9:.0f} billion parameters")
    out.print(f"JumpStart: {model.jumpstart_model_id} {model.jumpstart_version}, TGI {model.tgi_version}")
    out.print(f"Licence:   {model.licence}")
    if model.requires_licence_acknowledgement:
        out.print("           A config must say `accept_license: true`: it restricts hosted services.")
    out.print(
        f"Context:   {model.max_total_tokens} tokens, of which the prompt may take {model.max_input_tokens}\n"
        f"Speed:     about {model.latency_per_token_ms} ms a token on {model.default_instance_type}\n"
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("instance type", "precision"):
        table.add_column(heading, no_wrap=True)
    for heading in ("$/hour", "weights", "GPUs", "requests at once"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in ways:
        price = one.instance_type.usd_per_hour
        default = " *" if one.instance_type.name == model.default_instance_type and one.quantize is None else ""
        table.add_row(
            one.instance_type.name + default,
            one.quantize or "bf16",
            "?" if price is None else f"{price:.2f}",
            f"{one.weights_gib:.1f} of {one.usable_gib:.0f} GiB",
            f"{one.shards} of {one.instance_type.gpu_count}",
            str(one.sequences),
        )
    out.print(table)
    out.print(
        "\n* what JumpStart deploys it on. Requests of full length; the room beside the weights is computed.",
        style="dim",
    )


def _way(one: Fit) -> dict[str, object]:
    return {
        "instance_type": one.instance_type.name,
        "quantize": one.quantize,
        "usd_per_hour": one.instance_type.usd_per_hour,
        "shards": one.shards,
        "weights_gib": round(one.weights_gib, 1),
        "usable_gib": round(one.usable_gib, 1),
        "requests_at_once": one.sequences,
    }
