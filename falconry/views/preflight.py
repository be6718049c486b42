"""The preflight's report in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from falconry import output
from falconry.preflight.check import Check, CheckOutcome
from falconry.text import plural

if TYPE_CHECKING:
    from falconry.target import Target

_SIGNS = {
    CheckOutcome.OK: ("✓", "green"),
    CheckOutcome.WARNING: ("!", "yellow"),
    CheckOutcome.FAILED: ("✗", "red"),
    CheckOutcome.UNKNOWN: ("?", "magenta"),
}


def show(target: Target, report: Mapping[str, Sequence[Check]]) -> None:
    """Print it, the parts in their order, each check with its fix."""
    out = output.console()
    out.print(f"[bold]{target.settings.name}[/] in {target.settings.region}")
    for part, checks in report.items():
        output.heading(part)
        for check in checks:
            _show(check)
    count = Counter(check.outcome for checks in report.values() for check in checks)
    parts = [f"{count[CheckOutcome.OK]} ok"]
    if count[CheckOutcome.WARNING]:
        parts.append(plural(count[CheckOutcome.WARNING], "warning"))
    if count[CheckOutcome.UNKNOWN]:
        parts.append(f"{count[CheckOutcome.UNKNOWN]} not checked")
    if count[CheckOutcome.FAILED]:
        parts.append(f"{count[CheckOutcome.FAILED]} failed")
    style = "red" if count[CheckOutcome.FAILED] else "green"
    out.print(f"\n[bold {style}]{', '.join(parts)}[/]")
    if not count[CheckOutcome.FAILED]:
        output.note(f"Deploy: npx cdk deploy --all -c config={target.config}")


def _show(check: Check) -> None:
    sign, style = _SIGNS[check.outcome]
    output.paragraph(f"{sign} {check.subject}: {check.found}", indent=2, hanging=2, style=style if sign != "✓" else "")
    if check.mend:
        # Not wrapped: a command is to be copied whole.
        output.console().print(f"    → {check.mend}", style="bold", markup=False, soft_wrap=True)
