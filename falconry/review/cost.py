"""The monthly cost before and after, at list prices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from falconry.assembly.fleets import Fleet
from falconry.assembly.service_usage import HOURS_PER_MONTH, ServiceUsage
from falconry.catalog import INSTANCE_TYPES
from falconry.catalog.service_prices import SERVICE_PRICES_READ
from falconry.review.comparison import Side

PRICE_REGION = "us-east-1"

Range = tuple[float, float]
"""US dollars per month with the fewest and with the most instances."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the bill; None if that side has nothing to bill, or the price is unknown."""

    name: str
    before: Range | None
    after: Range | None


@dataclass(frozen=True, slots=True)
class CostComparison:
    """The bill before and after.

    Attributes:
        lines: what costs by the hour, whether it is used or not.
        unknown: instance types without a known price, which no sum holds.
        sources: where the prices come from, with their dates.
        read: the first and the last of these dates.
        regions: other regions than the prices' own, in which prices differ.
    """

    lines: tuple[CostLine, ...]
    unknown: tuple[str, ...]
    sources: tuple[str, ...]
    read: tuple[str, str]
    regions: tuple[str, ...]

    @property
    def before(self) -> Range:
        return _sum(line.before for line in self.lines)

    @property
    def after(self) -> Range:
        return _sum(line.after for line in self.lines)


def cost(before: Side, after: Side) -> CostComparison:
    """Instances with the bounds of their scaling, VPC endpoints, web ACLs and keys."""
    old, new = dict(_items(before)), dict(_items(after))
    types = sorted({fleet.instance_type for side in (before, after) for fleet in side.fleets.values()})
    prices = {name: INSTANCE_TYPES[name].price for name in types if name in INSTANCE_TYPES}
    origins: dict[str, list[str]] = {}
    for name, price in prices.items():
        if price:
            origins.setdefault(f"{price.source} (read {price.read})", []).append(name)
    sources = [f"{', '.join(names)}: {source}" for source, names in origins.items()]
    sources.append(f"VPC endpoints, web ACL, keys: AWS's price pages (read {SERVICE_PRICES_READ})")
    dates = sorted([SERVICE_PRICES_READ, *(price.read for price in prices.values() if price)])
    return CostComparison(
        lines=tuple(CostLine(name, old.get(name), new.get(name)) for name in {**old, **new}),
        unknown=tuple(name for name in types if _usd_per_hour(name) is None),
        sources=tuple(sources),
        read=(dates[0], dates[-1]),
        regions=tuple(sorted(_regions(before, after) - {PRICE_REGION})),
    )


def fewest_usd_per_month(side: Side) -> float:
    """The monthly cost of a side with its fewest instances."""
    return _sum(amount for _, amount in _items(side))[0]


def usd_per_hour(instance_type: str, count: int) -> float | None:
    """The price of `count` instances, None if it is unknown."""
    price = _usd_per_hour(instance_type)
    return None if price is None else price * count


def _regions(*sides: Side) -> set[str]:
    return {stack.region for side in sides for stack in side.assembly.stacks.values()}


def _items(side: Side) -> Iterator[tuple[str, Range]]:
    for fleet in side.fleets.values():
        if (amount := _of_fleet(fleet)) is not None:
            yield f"instances of {fleet.name}", amount
    for service, usd in ServiceUsage.of_assembly(side.assembly).usd_per_month().items():
        yield service, (usd, usd)


def _of_fleet(fleet: Fleet) -> Range | None:
    low, high = usd_per_hour(fleet.instance_type, fleet.fewest), usd_per_hour(fleet.instance_type, fleet.most)
    return None if low is None or high is None else (low * HOURS_PER_MONTH, high * HOURS_PER_MONTH)


def _usd_per_hour(instance_type: str) -> float | None:
    known = INSTANCE_TYPES.get(instance_type)
    return known.usd_per_hour if known else None


def _sum(ranges: Iterable[Range | None]) -> Range:
    known = [one for one in ranges if one is not None]
    return sum(low for low, _ in known), sum(high for _, high in known)
