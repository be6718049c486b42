"""The preflight's report in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from falconry import output
from falconry.preflight.check import Check, Outcome
from falconry.text import plural

if TYPE_CHECKING:
    from falconry.target import Target

_SIGNS = {
    Outcome.OK: ("✓", "green"),
    Outcome.WARNING: ("!", "yellow"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.UNKNOWN: ("?", "magenta"),
}


def show(target: Target, report: Mapping[str, Sequence[Check]]) -> None:
    """Print it, the parts in their order, each check with its mend."""
    out = output.console()
    out.print(f"[bold]{target.settings.name}[/] in {target.settings.region}")
    for part, checks in report.items():
        output.heading(part)
        for check in checks:
            _show(check)
    count = Counter(check.outcome for checks in report.values() for check in checks)
    parts = [f"{count[Outcome.OK]} ok"]
    if count[Outcome.WARNING]:
        parts.append(plural(count[Outcome.WARNING], "warning"))
    if count[Outcome.UNKNOWN]:
        parts.append(f"{count[Outcome.UNKNOWN]} could not be asked")
    if count[Outcome.FAILED]:
        parts.append(f"{count[Outcome.FAILED]} failed")
    style = "red" if count[Outcome.FAILED] else "green"
    out.print(f"\n[bold {style}]{', '.join(parts)}[/]")
    if not count[Outcome.FAILED]:
        output.note(f"Deploy it: npx cdk deploy --all -c config={target.config}")


def _show(check: Check) -> None:
    sign, style = _SIGNS[check.outcome]
    output.paragraph(f"{sign} {check.subject}: {check.found}", indent=2, hanging=2, style=style if sign != "✓" else "")
    if check.mend:
        # Not wrapped: a command is to be copied whole.
        output.console().print(f"    → {check.mend}", style="bold", markup=False, soft_wrap=True)
