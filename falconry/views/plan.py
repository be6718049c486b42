"""The plan in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from falconry import output
from falconry.catalog import MODELS, SERVICE_PRICES_READ
from falconry.deployment import cost
from falconry.deployment.changes import Change
from falconry.deployment.contents import contents
from falconry.deployment.cost import CostItem, Load, Throughput
from falconry.settings import Model, Settings
from falconry.text import number, plural, usd

_BAR_MARGIN = 4
_LONGEST_BAR = 100


def show(settings: Settings, load: Load, changes: Sequence[Change], reason: str | None) -> None:
    """Print it. `reason` says why `changes` are not known, if they are not."""
    out = output.console()
    out.print(f"[bold]{settings.name}[/] in {settings.region}")
    output.heading("Resources")
    for stack, lines in contents(settings).items():
        out.print(f"  [cyan]{stack}[/]")
        for line in lines:
            depth = len(line) - len(line.lstrip())
            output.paragraph(line.lstrip(), indent=4 + depth, hanging=2)
    output.heading("GPU memory")
    throughputs = [(model, cost.throughput(model, load)) for model in settings.models]
    for index, (model, throughput) in enumerate(throughputs):
        if index:
            out.print()
        _show_fit(model, throughput)
    output.heading("Cost")
    _show_costs(settings, load)
    _show_tokens(load, throughputs)
    _show_sources(settings, throughputs)
    output.heading("Changes")
    _show_changes(changes, reason)


def _show_fit(model: Model, throughput: Throughput) -> None:
    out, room = output.console(), throughput.fit
    gpu = room.instance_type.gpu
    out.print(
        f"  {model.name} in {model.quantize or 'bf16'} on {model.instance_type}: "
        f"{room.shards} of {room.instance_type.gpu_count} x {gpu.name}"
    )
    total = room.shards * gpu.memory_gib
    reserve = total - room.usable_gib
    width = min(_LONGEST_BAR, out.width - _BAR_MARGIN)
    if room.room_gib >= 0:
        parts = {"weights": room.weights_gib, "room": room.room_gib, "reserve": reserve}
    else:
        parts = {"weights": room.usable_gib, "missing": -room.room_gib, "reserve": reserve}
    out.print("  ", output.bar(parts, width), sep="")
    legend = [
        f"{output.BAR_PARTS['weights'][0]} weights {room.weights_gib:.0f} GiB",
        f"{output.BAR_PARTS['room'][0]} requests {room.room_gib:.0f} GiB"
        if room.room_gib >= 0
        else f"[red]! missing {-room.room_gib:.0f} GiB[/]",
        f"{output.BAR_PARTS['reserve'][0]} reserve {reserve:.0f} GiB",
        f"of {total} GiB",
    ]
    out.print("  " + "  ".join(legend))
    if throughput.at_once < 1:
        output.paragraph(
            f"By this arithmetic no request of {model.max_total_tokens} tokens fits, although JumpStart deploys it so.",
            indent=2,
            style="yellow",
        )
        return
    memory = room.room_tokens // model.max_total_tokens
    limit = f"memory has room for {memory}" if memory > throughput.at_once else "limited by memory"
    output.paragraph(
        f"{plural(throughput.at_once, 'request')} of {model.max_total_tokens} tokens at once per instance ({limit})",
        indent=2,
    )
    idle = room.instance_type.gpu_count - room.shards
    if idle:
        output.paragraph(
            f"{plural(idle, 'GPU')} of {room.instance_type.gpu_count} stay idle: the model cannot be split over more.",
            indent=2,
            style="yellow",
        )


def _show_costs(settings: Settings, load: Load) -> None:
    items = [*cost.standing(settings), cost.requests(settings, load)]
    table = output.table({"": "left", "$ an hour": "right", "$ a month": "right"}, indent=2)
    for item in items:
        table.add_row(item.name, *_amounts(item))
    known = [item.usd_per_hour for item in items if item.usd_per_hour is not None]
    words = "total" if len(known) == len(items) else "total, without items of unknown price"
    table.add_row(words, *_amounts(CostItem("", sum(known))), style="bold")
    idle = cost.idle_instances(settings)
    if idle is not None:
        table.add_row(idle.name, *_amounts(idle))
    output.console().print(table)


def _amounts(item: CostItem) -> tuple[str, str]:
    if item.usd_per_hour is None or item.usd_per_month is None:
        return "?", "?"
    return usd(item.usd_per_hour) if item.usd_per_hour >= 0.01 else "< 0.01", usd(item.usd_per_month)


def _show_tokens(load: Load, throughputs: Sequence[tuple[Model, Throughput]]) -> None:
    output.paragraph(
        f"\nLoad: {number(load.requests_per_day)} requests a day to each model, "
        f"{number(load.tokens_per_answer)} tokens per answer: {number(load.tokens_per_second)} tokens/s, "
        f"{number(load.tokens_per_month)} a month. Cost of the instances per million answer tokens:",
        indent=2,
    )
    headings = {"": "left", "$": "right", "$ when full": "right", "at once": "right", "of": "right"}
    table = output.table(headings, indent=2)
    for model, throughput in throughputs:
        table.add_row(
            model.name,
            _price(throughput.usd_per_million_tokens) if throughput.holds else "-",
            _price(throughput.usd_per_million_tokens_at_least),
            number(throughput.needed_at_once),
            str(throughput.at_once * throughput.instance_count),
        )
    output.console().print(table)
    for model, throughput in throughputs:
        if not throughput.holds:
            output.paragraph(
                f"{model.name}: the load keeps {number(throughput.needed_at_once)} requests running at once, and there "
                f"is room for {throughput.at_once * throughput.instance_count}. "
                f"Set `instance_count: {throughput.instances_needed}` or more.",
                indent=2,
                style="yellow",
            )


def _price(amount: float | None) -> str:
    return "?" if amount is None else usd(amount) if amount >= 0.01 else "< 0.01"


def _show_sources(settings: Settings, throughputs: Sequence[tuple[Model, Throughput]]) -> None:
    said = [
        "Assumptions: the time per token of a request that runs alone, "
        + ", ".join(sorted({_latency(model) for model, _ in throughputs}))
        + ". Requests that run together are slower, so the real cost is above `$ when full`.",
        f"List prices of us-east-1{'' if settings.region == 'us-east-1' else f'; {settings.region} has its own'}; "
        "730 hours a month. They ship with this version: compare them with your own bill before you rely on them. "
        f"Services: AWS's price pages, read {SERVICE_PRICES_READ}. Not included: logs, metrics, traces, data "
        "transfer, tax.",
    ]
    for instance_type in {
        throughput.fit.instance_type.name: throughput.fit.instance_type for _, throughput in throughputs
    }.values():
        price = instance_type.price
        if price is None:
            said.append(f"{instance_type.name}: no known price. See the SageMaker pricing page.")
        else:
            inferred = "" if price.service == "SageMaker" else f", EC2's {price.usd_per_hour} with SageMaker's markup"
            said.append(f"{instance_type.name}: from {price.source}; read {price.read}{inferred}.")
    output.console().print()
    for line in said:
        output.note(line, indent=2)


def _latency(model: Model) -> str:
    entry = MODELS[model.name]
    other = "" if model.instance_type == entry.default_instance_type else f" on {entry.default_instance_type}"
    return f"{entry.latency_per_token_ms} ms ({model.name}{other})"


_SIGNS = {
    "created": ("+", "green", "is created"),
    "unchanged": ("=", "dim", "stays as it is"),
    "updated": ("~", "yellow", "is updated in place: new instances start beside the old ones, then take over"),
    "succeeded": ("~", "yellow", "gets an endpoint of another kind; the present one is deleted afterwards"),
    "removed": ("-", "red", "is removed"),
    "blocked": ("!", "red", "cannot be changed now"),
}


def _show_changes(changes: Sequence[Change], reason: str | None) -> None:
    if reason is not None:
        output.paragraph(f"Unknown: {reason}", indent=2)
        return
    for change in changes:
        sign, style, words = _SIGNS[change.kind]
        output.paragraph(f"{sign} {change.model} {words}", indent=2, hanging=2, style=style)
        for difference in change.differences:
            output.paragraph(f"{difference.what}: {difference.now} → {difference.then}", indent=6, hanging=2)
        if change.kind == "blocked":
            output.paragraph(_blocked(change), indent=6)
    if any(change.kind in ("updated", "succeeded") for change in changes):
        output.note(
            "The quota must cover new and old instances together: run `falconry preflight`. "
            "If the new ones do not become healthy, the old ones keep serving.",
            indent=2,
        )
    output.note("For all other resources, run `npx cdk diff`.", indent=2)


def _blocked(change: Change) -> str:
    if change.reason:
        return change.reason
    if change.status == "Failed":
        why = f" ({change.failure})" if change.failure else ""
        return (
            f"It is in the state Failed{why}, and SageMaker only lets it be deleted. "
            "Remove the model from the config and deploy, then add it again."
        )
    return f"It is in the state {change.status}. Wait until it is InService."
