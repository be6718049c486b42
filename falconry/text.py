"""Numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falconry.catalog import InstanceType

_SIZES = ("B", "kB", "MB", "GB", "TB")


def hourly(instance_type: InstanceType) -> str:
    """An instance type's price: "31.56", "~63.30" where it is derived from EC2's, "?" where none is known."""
    price = instance_type.usd_per_hour
    if price is None or instance_type.price is None:
        return "?"
    return f"{'' if instance_type.price.service == 'SageMaker' else '~'}{price:.2f}"


def usd(amount: float) -> str:
    """ "0.02", "31.56", "23,042": cents where they matter."""
    return f"{amount:,.0f}" if amount >= 1000 else f"{amount:,.2f}"


def number(value: float) -> str:
    """ "0.3", "12", "1,234", "5.6 M", "7.8 billion"."""
    if value >= 1e9:
        return f"{value / 1e9:,.1f} billion"
    if value >= 1e6:
        return f"{value / 1e6:,.1f} M"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def milliseconds(value: float | None) -> str:
    """ "85 ms", "1.2 s", "-" for none."""
    if value is None:
        return "-"
    return f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def size(count: float) -> str:
    """ "12 B", "14.4 GB"."""
    unit = 0
    while count >= 1000 and unit < len(_SIZES) - 1:
        count, unit = count / 1000, unit + 1
    return f"{count:.0f} {_SIZES[unit]}" if unit == 0 or count >= 100 else f"{count:.1f} {_SIZES[unit]}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """ "12 s ago", "5 min ago", "3 h ago", "12 days ago"."""
    seconds = max(0.0, ((now or datetime.now(UTC)) - moment).total_seconds())
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name} ago"
    return f"{seconds / 86400:.0f} days ago"


def plural(count: int, noun: str) -> str:
    """ "1 instance", "2 instances"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def printable(text: str) -> str:
    """`text` in one line, without control characters that a terminal would interpret."""
    return "".join(
        character if character.isprintable() else " " if character in "\n\r\t" else "�" for character in text
    )
