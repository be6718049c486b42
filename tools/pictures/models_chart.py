"""GPU memory and price of every model on every instance type, computed from the catalog.

A row is an instance type, a panel a size of model. A bar is the memory of each GPU that works: what the weights take in
the best precision that fits, what is left for requests, and the reserve. The last panel is the price of a month.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.patches import Patch

from falconry.catalog import INSTANCE_TYPES, MODELS, QUANTIZATIONS, CatalogModel, InstanceType, MemoryFit, alternatives
from tools.pictures import charts, theme

HOURS_A_MONTH = 730
TITLE = "GPU memory and cost of every Falcon model and instance type"
PRECISIONS = {"bf16": theme.BLUE, "8 bit": theme.GREEN, "4 bit": theme.VIOLET}
"""Best first, with the color of the weights."""


@dataclass(frozen=True, slots=True)
class Held:
    """How one size of model fits in each GPU in use, in GiB; `requests` of full length run at once."""

    weights_gib: float
    usable_gib: float
    gpu_gib: float
    precision: str
    requests: int

    @classmethod
    def of(cls, one: MemoryFit) -> Held:
        return cls(
            one.weights_gib / one.shards,
            one.usable_gib / one.shards,
            one.instance_type.gpu.memory_gib,
            _precision(one),
            one.sequences,
        )


def _precision(one: MemoryFit) -> str:
    return "bf16" if one.quantize is None else f"{8 * QUANTIZATIONS[one.quantize].bytes_per_parameter:.0f} bit"


def sizes() -> Mapping[str, CatalogModel]:
    """One model of each size ("7B"), the one with the newest image: those of one size need the same memory."""
    return {model.name.split("-")[1].upper(): model for model in MODELS.values()}


def held(model: CatalogModel) -> Mapping[str, Held]:
    """How the model lies in each instance type that it fits on, in the best precision that fits."""
    found: dict[str, Held] = {}
    for precision in PRECISIONS:
        for one in alternatives(model):
            if _precision(one) == precision:
                found.setdefault(one.instance_type.name, Held.of(one))
    return found


def instance_types() -> Sequence[InstanceType]:
    """All bars, the cheapest first; those without a known price last."""
    return sorted(
        INSTANCE_TYPES.values(), key=lambda one: (one.usd_per_hour or math.inf, one.gpu_count, one.vcpu, one.name)
    )


def usd_a_month(instance_type: InstanceType) -> float:
    """The list price of 730 hours; 0 where no price is known."""
    return (instance_type.usd_per_hour or 0.0) * HOURS_A_MONTH


def svg() -> str:
    """The chart."""
    rows = instance_types()
    drawn, panels = charts.figure(0.268 * len(rows) + 1.2, columns=4, sharey=True, width_ratios=[1, 1, 1, 1.1])
    for axes, (size, model) in zip(panels, sizes().items(), strict=False):
        _panel(axes, size, [held(model).get(one.name) for one in rows])
    _prices(panels[-1], rows)
    panels[0].set_yticks(range(len(rows)), [_named(one) for one in rows])
    panels[0].invert_yaxis()
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    entries = [Patch(color=color, label=f"weights, {name}") for name, color in PRECISIONS.items()]
    entries += [Patch(color=theme.PALE_BLUE, label="for requests"), Patch(color=theme.GRAY, label="reserve")]
    drawn.legend(handles=entries, loc="outside upper center", ncols=5, frameon=False, fontsize=10.5, handlelength=1.2)
    return theme.finished(charts.svg(drawn), title=TITLE, description=_description(rows))


def _panel(axes: Any, size: str, rows: Sequence[Held | None]) -> None:
    for place, one in enumerate(rows):
        if one is None:
            axes.annotate("too small", (3, place), va="center", fontsize=9.5, color=theme.FAINT)
            continue
        for value, color in (
            (one.gpu_gib, theme.GRAY),
            (one.usable_gib, theme.PALE_BLUE),
            (one.weights_gib, PRECISIONS[one.precision]),
        ):
            axes.barh(place, value, color=color, height=0.66)
    axes.set_xlim(0, 150)
    axes.set_xticks([0, 40, 80, 140])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("GiB on each GPU", fontsize=10)
    axes.set_title(f"Falcon {size}", loc="left", fontsize=12, fontweight="bold", color=theme.INK)


def _prices(axes: Any, rows: Sequence[InstanceType]) -> None:
    for place, one in enumerate(rows):
        value = usd_a_month(one)
        axes.barh(place, value, color=theme.ORANGE, height=0.66)
        charts.note(axes, value, place, f"${value:,.0f}" if value else "not known")
    axes.set_xlim(0, 1.6 * max(map(usd_a_month, rows)))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("A month, always on", loc="left", fontsize=12, fontweight="bold", color=theme.INK)


def _named(one: InstanceType) -> str:
    return f"{one.name.removeprefix('ml.')}, {one.gpu_count} x {one.gpu.name.removesuffix('GB').replace(' ', '-')}"


def _description(rows: Sequence[InstanceType]) -> str:
    sentences = []
    for one in rows:
        fits = [
            f"Falcon {size} in {held(model)[one.name].precision}"
            for size, model in sizes().items()
            if one.name in held(model)
        ]
        price = f"${usd_a_month(one):,.0f} a month" if one.usd_per_hour else "price not known"
        sentences.append(f"{one.name}, {price}: {', '.join(fits) or 'none'}.")
    return " ".join(sentences)
