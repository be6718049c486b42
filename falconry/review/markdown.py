"""The review as a comment on a pull request: the verdict first, dangers with what to do, tables, the rest folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from falconry.review import timing
from falconry.review.cost import CostComparison, Range, usd_per_hour
from falconry.review.details import property_diffs, resource_list
from falconry.review.endpoints import EndpointChange
from falconry.review.findings import Finding, Level
from falconry.review.report import Deployment, Review, Verdict
from falconry.review.resources import Action

MARKER = "<!-- falconry-review -->"
"""The first line, invisible in a browser, by which a workflow finds the comment to update."""

LONGEST = 65_000
"""The most characters of a comment; GitHub's limit is 65,536."""

COLUMNS = {
    "added": (Action.ADDED,),
    "in place": (Action.CHANGED,),
    "**replaced**": (Action.REPLACED, Action.MAY_BE_REPLACED),
    "removed": (Action.REMOVED, Action.LEFT_BEHIND),
}

_TITLES = {
    Verdict.FAILED: "❌ Cannot be synthesized: ",
    Verdict.DANGER: "⛔ ",
    Verdict.ATTENTION: "⚠️ ",
    Verdict.GOOD: "✅ No dangers: ",
}


def markdown(found: Review, *, allowed: bool = False) -> str:
    """The comment.

    Args:
        found: the review.
        allowed: whether somebody allowed its dangers; the comment says so below the verdict.
    """
    full = "\n".join(_lines(found, allowed, details=True)) + "\n"
    if len(full) <= LONGEST:
        return full
    short = "\n".join(_lines(found, allowed, details=False)) + "\n"
    if len(short) <= LONGEST:
        return short
    # What is folded goes as a whole, so that nothing after it is folded too.
    cut = short[:LONGEST]
    if cut.count("<details>") > cut.count("</details>"):
        cut = cut.rpartition("<details>")[0]
    whole = cut.rpartition("\n")[0]
    return f"{whole}\n\nTruncated: GitHub limits the length of a comment. `make review` prints the full review.\n"


def _lines(found: Review, allowed: bool, *, details: bool) -> Iterator[str]:
    yield MARKER
    yield f"## {_TITLES[found.verdict]}{_headline(found)}"
    if allowed and found.verdict == Verdict.DANGER:
        yield ""
        yield "The dangers below were allowed for this pull request."
    failed = [one for one in found.deployments if one.failure is not None]
    for one in failed:
        yield from _failure(one)
    several = len(found.deployments) > 1
    yield from _findings(found, Level.DANGER, "Dangers", several)
    yield from _findings(found, Level.ATTENTION, "Warnings", several)
    for one in found.deployments:
        if one.changed and one.failure is None:
            yield from _deployment(one, several, details)
    unchanged = [f"`{one.name}`" for one in found.deployments if not one.changed]
    if several and unchanged:
        yield f"\nUnchanged: {', '.join(unchanged)}."


def _headline(found: Review) -> str:
    failed = [one for one in found.deployments if one.failure is not None]
    if failed:
        return ", ".join(f"config/{one.name}.yaml" if one.name else "the head" for one in failed)
    if not any(one.changed for one in found.deployments):
        return "no deployed resource changes"
    parts = []
    for level, noun in ((Level.DANGER, "danger"), (Level.ATTENTION, "warning")):
        if count := len(found.of_level(level)):
            parts.append(f"{count} {noun}{'' if count == 1 else 's'}")
    if not parts:
        changes = sum(len(one.changes) for one in found.deployments)
        parts.append(f"{changes} resource{'' if changes == 1 else 's'} change{'s' if changes == 1 else ''}")
    interrupted = sum(endpoint.interrupted for one in found.deployments for endpoint in one.endpoints)
    if interrupted:
        parts.append(f"requests to {interrupted} endpoint{'' if interrupted == 1 else 's'} fail during the deploy")
    before, after = (sum(side) for side in _monthly(found))
    if round(after) != round(before):
        parts.append(f"${abs(after - before):,.0f} {'more' if after > before else 'less'} per month")
    return ", ".join(parts)


def _monthly(found: Review) -> tuple[list[float], list[float]]:
    """Monthly cost with the fewest instances, before and after."""
    costs = [one.cost for one in found.deployments if one.failure is None]
    return [one.before[0] for one in costs], [one.after[0] for one in costs]


def _failure(one: Deployment) -> Iterator[str]:
    yield ""
    yield f"`cdk synth`{f' of config/{one.name}.yaml' if one.name else ''} failed:"
    yield ""
    yield from fenced(one.failure or "", "text")
    yield ""
    yield "The review cannot tell what this would change. Fix the config and push again."


def _findings(found: Review, level: Level, title: str, several: bool) -> Iterator[str]:
    chosen = found.of_level(level)
    if not chosen:
        return
    yield ""
    yield f"### {title}"
    yield ""
    for number, (one, finding, subjects) in enumerate(chosen, start=1):
        bullet = f"{number}." if level == Level.DANGER else "-"
        where = f"{one.name}: " if several and one.name else ""
        yield f"{bullet} **{where}{', '.join(_inline(subject) for subject in subjects)}:** {finding.what}"
        if finding.mend:
            yield f"{' ' * (len(bullet) + 1)}<br>→ {finding.mend}"


def _deployment(one: Deployment, several: bool, details: bool) -> Iterator[str]:
    if several:
        yield ""
        yield f"### {one.name}"
    if one.changes:
        yield ""
        yield from _table(
            ["stack", *COLUMNS],
            [
                [
                    f"`{stack}`",
                    *(str(sum(one.counts(stack)[action] for action in actions)) for actions in COLUMNS.values()),
                ]
                for stack in one.stacks
                if one.counts(stack)
            ],
            numbers_from=1,
        )
    yield from _endpoints(one)
    yield from _cost(one.cost)
    notes = [finding for finding in one.findings if finding.level == Level.NOTE]
    if notes:
        yield from _folded(f"Notes ({len(notes)})", _notes(notes))
    if one.changes:
        yield from _folded(f"Changed resources ({len(one.changes)})", resource_list(one.changes))
        diffs = list(property_diffs(one))
        if details and diffs:
            yield from _folded("Property changes", diffs)
        elif diffs:
            yield "\nThe property changes are too long for a comment: `make review` prints them."


def _count(one: Deployment, stack: str, actions: Sequence[Action]) -> str:
    return str(sum(one.counts(stack)[action] for action in actions))


def _notes(notes: Sequence[Finding]) -> Iterator[str]:
    return (f"- **{_inline(one.subject)}:** {one.what}" for one in notes)


def _endpoints(one: Deployment) -> Iterator[str]:
    shown = [endpoint for endpoint in one.endpoints if endpoint.what != "unchanged"]
    if not shown:
        return
    yield ""
    rows = []
    for endpoint in shown:
        why = "; ".join(_inline(reason) for reason in endpoint.why)
        what = endpoint.what + (f": {why}" if why else "")
        traffic = f"**interrupted**: {endpoint.traffic}" if endpoint.interrupted else endpoint.traffic
        rows.append([f"`{endpoint.name}`", what, traffic, endpoint.takes or "-"])
    yield from _table(["endpoint", "change", "requests", "duration"], rows)
    for endpoint in shown:
        if endpoint.extra:
            yield from ("", f"<sub>{_quota(endpoint)}</sub>")
    if any(endpoint.takes for endpoint in shown):
        yield from ("", f"<sub>Assumptions: {timing.ASSUMED}.</sub>")


def _quota(endpoint: EndpointChange) -> str:
    beside = "" if endpoint.what == "added" else " in addition to the running instances"
    words = f"`{endpoint.name}` needs quota for {endpoint.extra} {endpoint.instance_type}{beside}"
    price = usd_per_hour(endpoint.instance_type, endpoint.extra)
    if price is None or endpoint.what == "added":
        return f"{words}."
    return f"{words}; {'it costs' if endpoint.extra == 1 else 'they cost'} ${price:,.2f} for every hour of the update."


def _cost(bill: CostComparison) -> Iterator[str]:
    changed = [line for line in bill.lines if line.before != line.after]
    if not changed:
        if bill.lines:
            yield from ("", f"Cost: ${_range(bill.after)} per month, unchanged (list prices as of {bill.read[1]}).")
        return
    yield ""
    rows = [[line.name, _amount(line.before), _amount(line.after)] for line in changed]
    rows.append(["**total, excluding usage**", f"**{_amount(bill.before)}**", f"**{_amount(bill.after)}**"])
    yield from _table(["$ per month", "before", "after"], rows, numbers_from=1)
    when = bill.read[0] if bill.read[0] == bill.read[1] else f"{bill.read[0]} to {bill.read[1]}"
    said = [f"On-demand list prices in us-east-1 as of {when}; 730 hours per month; requests and logs are not included"]
    if any(low != high for low, high in (bill.before, bill.after)):
        said.append("ranges span the minimum to the maximum number of instances")
    said += [f"no known price for {', '.join(bill.unknown)}"] if bill.unknown else []
    said += [f"prices in {', '.join(bill.regions)} differ"] if bill.regions else []
    yield from ("", f"<sub>{'; '.join(said)}.</sub>")
    yield from _folded("Price sources", [f"- {source}" for source in bill.sources])


def _amount(value: Range | None) -> str:
    return "-" if value is None or value == (0, 0) else _range(value)


def _range(value: Range) -> str:
    low, high = value
    return f"{low:,.0f}" if round(low) == round(high) else f"{low:,.0f} to {high:,.0f}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int | None = None) -> Iterator[str]:
    last = len(headings) if numbers_from is None else numbers_from
    yield f"| {' | '.join(headings)} |"
    yield f"|{'|'.join('---' if column < last else '---:' for column in range(len(headings)))}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"


def _folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def fenced(text: str, language: str) -> Iterator[str]:
    """A code block whose fence cannot occur in its content."""
    fence = "```"
    while fence in text:
        fence += "`"
    yield f"{fence}{language}"
    yield text
    yield fence


def _inline(text: str) -> str:
    """Text from a template, escaped so that it cannot become markup or a mention."""
    return text.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_").replace("@", "@&#8203;")
