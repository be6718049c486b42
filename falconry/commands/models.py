"""`falconry models`: what can be deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from falconry import output
from falconry.target import Json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from falconry.catalog import CatalogModel, InstanceType, MemoryFit


def models(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="Show one model, on every instance type.")] = "",
    json: Json = False,
) -> None:
    """Show the Falcon models, their instance types and prices.

    Prices are on-demand list prices in us-east-1, for comparison; `falconry plan` shows the source of each.

    \b
    Examples:
      falconry models                      all models
      falconry models falcon-180b-chat     one model, every instance type
      falconry models --json | jq -r '.[].name'
    """
    from falconry.catalog import MODELS

    if name:
        model = _known(name)
        if json:
            output.print_json({**_described(model), "ways": [_way(one) for one in _ways(model)]})
        else:
            _show_one(model)
    elif json:
        output.print_json([_described(model) for model in MODELS.values()])
    else:
        _show_all(MODELS.values())


def _known(name: str) -> CatalogModel:
    from falconry.catalog import MODELS
    from falconry.did_you_mean import did_you_mean
    from falconry.errors import CommandError

    if name in MODELS:
        return MODELS[name]
    raise CommandError(f"no model {name!r}.{did_you_mean(name, MODELS)} Known: {', '.join(MODELS)}.")


def _ways(model: CatalogModel) -> tuple[MemoryFit, ...]:
    from falconry.catalog import alternatives

    return alternatives(model)


def _described(model: CatalogModel) -> dict[str, object]:
    from falconry.catalog import INSTANCE_TYPES, fit

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
        "container": model.container.name,
        f"{model.container.name}_version": model.container_version,
        "licence": model.license,
    }


def _way(one: MemoryFit) -> dict[str, object]:
    price = one.instance_type.price
    return {
        "instance_type": one.instance_type.name,
        "quantize": one.quantize,
        "usd_per_hour": one.instance_type.usd_per_hour,
        "price_of": None if price is None else price.service,
        "shards": one.shards,
        "weights_gib": round(one.weights_gib, 1),
        "usable_gib": round(one.usable_gib, 1),
        "requests_at_once": one.sequences,
    }


def _show_all(models: Iterable[CatalogModel]) -> None:
    from falconry.catalog import INSTANCE_TYPES, fit
    from falconry.text import hourly

    wide = output.console().width >= output.WIDE
    headings = {"model": "left", "for": "left", "instance type": "left"}
    headings |= {"$/hour": "right", "weights": "right", "tokens": "right"}
    if wide:
        headings |= {"at once": "right", "ms/token": "right", "container": "left", "license": "left"}
    table = output.table(headings)
    for model in models:
        room = fit(model, INSTANCE_TYPES[model.default_instance_type])
        row = [
            model.name,
            "chat" if model.chat_template else "text",
            model.default_instance_type,
            hourly(room.instance_type),
            f"{room.weights_gib:.0f} GiB",
            str(model.max_total_tokens),
        ]
        if wide:
            row += [str(room.sequences), str(model.latency_per_token_ms), model.server, model.license]
        table.add_row(*row)
    output.console().print(table)
    more = "" if wide else " A wider terminal shows more columns, --json all."
    output.note(f"\n`falconry models MODEL` shows every instance type for a model.{more}")


def _show_one(model: CatalogModel) -> None:
    out = output.console()
    out.print(f"[bold]{model.name}[/]  {model.dimensions.parameters / 1e9:.0f} billion parameters")
    out.print(f"JumpStart  {model.jumpstart_model_id} {model.jumpstart_version}, {model.server}")
    out.print(f"License    {model.license}")
    if model.requires_license_acceptance:
        out.print("           It restricts hosting: the config must set `accept_license: true`.")
    out.print(f"Context    {model.max_total_tokens} tokens, of which the prompt may take {model.max_input_tokens}")
    out.print(f"Speed      about {model.latency_per_token_ms} ms per token on {model.default_instance_type}")
    out.print("\n[bold]Concurrent full-length requests, by precision of the weights[/]")
    _show_ways(model)
    _explain_ways(model)


_PRECISIONS = ((2.0, "bf16"), (1.0, "8 bit"), (0.5, "4 bit"))
"""Bytes of a parameter, and the column's heading."""


def _show_ways(model: CatalogModel) -> None:
    from falconry.text import hourly

    wide = output.console().width >= output.WIDE
    headings = {"instance type": "left", "$/hour": "right", "GPUs": "left"}
    headings |= {name: "right" for _, name in _PRECISIONS}
    if wide:
        headings |= {"GPU memory": "right", "memory": "right", "vCPU": "right", "price of": "left"}
    table = output.table(headings)
    for instance_type, ways in _by_instance_type(_ways(model)):
        default = instance_type.name == model.default_instance_type
        price = instance_type.price
        row = [
            f"{instance_type.name}{' *' if default else ''}",
            hourly(instance_type),
            f"{ways[0].shards} of {instance_type.gpu_count} x {instance_type.gpu.name}",
            *(_at_once(ways, size) for size, _ in _PRECISIONS),
        ]
        if wide:
            row += [
                f"{instance_type.gpu_count * instance_type.gpu.memory_gib} GiB",
                f"{instance_type.memory_gib} GiB",
                str(instance_type.vcpu),
                "" if price is None else f"{price.service}, {price.read}",
            ]
        table.add_row(*row, style="bold" if default else "")
    output.console().print(table)


def _by_instance_type(ways: Iterable[MemoryFit]) -> Iterator[tuple[InstanceType, list[MemoryFit]]]:
    from itertools import groupby

    for instance_type, group in groupby(ways, key=lambda way: way.instance_type):
        yield instance_type, list(group)


def _at_once(ways: list[MemoryFit], bytes_per_parameter: float) -> str:
    """Quantizations with as many bytes a parameter leave the same room."""
    from falconry.catalog import QUANTIZATIONS

    for way in ways:
        size = 2.0 if way.quantize is None else QUANTIZATIONS[way.quantize].bytes_per_parameter
        if size == bytes_per_parameter:
            return str(way.sequences)
    return "-"


def _explain_ways(model: CatalogModel) -> None:
    from falconry.catalog import INSTANCE_TYPES

    kinds = {
        bits: [
            one.name + (" (GPUs with fp8)" if one.needs_float8 else "")
            for one in model.quantizations
            if one.bytes_per_parameter == size
        ]
        for size, bits in _PRECISIONS
    }
    able = sorted({one.gpu.name for one in INSTANCE_TYPES.values() if one.gpu.float8})
    fp8 = f" GPUs with fp8: {', '.join(able)}." if any(one.needs_float8 for one in model.quantizations) else ""
    at_once = model.container.concurrent_requests
    output.note(
        "\n* JumpStart's default. ~ estimated from EC2's price, ? unknown. Computed from the size of weights and "
        f"cache, not measured; by default a container accepts {at_once} concurrent requests.\n"
        f"8 bit: `quantize: {'` or `'.join(kinds['8 bit'])}`; 4 bit: `{'` or `'.join(kinds['4 bit'])}`.{fp8}"
    )
