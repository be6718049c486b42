"""The folded part of the comment: every changed resource and its property changes."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from falconry.assembly.values import Reader
from falconry.review.resources import Action, Impact, ResourceChange

if TYPE_CHECKING:
    from falconry.review.report import Deployment

ORDER = (
    Action.REPLACED,
    Action.MAY_BE_REPLACED,
    Action.REMOVED,
    Action.LEFT_BEHIND,
    Action.ADDED,
    Action.CHANGED,
)
"""What cannot be undone comes first."""

LONGEST_VALUE = 200
"""The most lines shown of one property's change."""


def resource_list(changes: Sequence[ResourceChange]) -> Iterator[str]:
    """A table for each stack, replaced resources first."""
    stacks: dict[str, list[ResourceChange]] = {}
    for change in changes:
        stacks.setdefault(change.stack.name, []).append(change)
    for name, of_stack in stacks.items():
        if all(change.action == Action.ADDED for change in of_stack):
            types = Counter(change.type for change in of_stack)
            words = ", ".join(f"{count} {kind}" for kind, count in sorted(types.items()))
            yield from (f"**{name}** (additions only): {words}.", "")
            continue
        yield from (f"**{name}**", "")
        yield "| action | resource | type | properties |"
        yield "|---|---|---|---|"
        for change in sorted(of_stack, key=lambda one: ORDER.index(one.action)):
            path = change.path.replace("|", "&#124;").replace("`", "'")
            yield f"| {_action(change)} | `{path}` | {change.type} | {_why(change)} |"
        yield ""


def property_diffs(deployment: Deployment) -> Iterator[str]:
    """One diff of the properties of all changed resources; added and removed ones are left out."""
    lines: list[str] = []
    changes = deployment.changes
    base, head = deployment.comparison.base.assembly, deployment.comparison.head.assembly
    tags = sum(change.only_tags for change in changes)
    for change in sorted(changes, key=lambda one: ORDER.index(one.action)):
        if not change.properties or change.only_tags:
            continue
        lines.append(f"@@ {change.stack.name}: {change.path} ({change.type}) {change.action} @@")
        old = Reader(base, base.stacks[change.stack.name])
        new = Reader(head, change.stack)
        for one in change.properties:
            lines += _difference(
                one.name, _laid_out(old.plain(one.before)), _laid_out(new.plain(one.after)), one.impact
            )
    if lines:
        fence = "```"
        while any(fence in line for line in lines):
            fence += "`"
        yield from (f"{fence}diff", *lines, fence)
    if tags:
        yield from ("", f"{tags} resources change only in their tags.")


def _action(change: ResourceChange) -> str:
    return f"**{change.action}**" if change.action in ORDER[:4] else change.action


def _why(change: ResourceChange) -> str:
    if change.action in (Action.REPLACED, Action.MAY_BE_REPLACED):
        names = [one.name for one in change.properties if one.impact != Impact.IN_PLACE]
    else:
        names = [one.name for one in change.properties]
    words = ", ".join(f"`{name}`" for name in names)
    return f"{words} through {change.through}" if change.through else words


def _difference(name: str, before: Any, after: Any, impact: Impact) -> Iterator[str]:
    suffix = "" if impact == Impact.IN_PLACE else f" ({impact})"
    if before == after:
        yield f"  {name}: refers to a changed resource{suffix}"
        return
    old, new = _written(before), _written(after)
    if len(old) <= 1 and len(new) <= 1:
        yield f"  {name}{suffix}"
        yield from (f"-   {line}" for line in old)
        yield from (f"+   {line}" for line in new)
        return
    yield f"  {name}{suffix}"
    lines = [line for line in difflib.unified_diff(old, new, n=2, lineterm="") if not line.startswith(("---", "+++"))]
    lines = [f"{line[0]}   {line[1:]}" if not line.startswith("@@") else "    ..." for line in lines]
    yield from (lines[1:] if lines and lines[0] == "    ..." else lines)[:LONGEST_VALUE]
    if len(lines) > LONGEST_VALUE:
        yield f"    ... and {len(lines) - LONGEST_VALUE} more lines"


def _written(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or [""]
    return json.dumps(value, indent=1, ensure_ascii=False).splitlines()


def _laid_out(value: Any) -> Any:
    """A value with the JSON in its strings parsed, so that it can be laid out."""
    if isinstance(value, dict):
        return {key: _laid_out(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_laid_out(item) for item in value]
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value
