"""A deployment's status in the terminal."""

from __future__ import annotations

from falconry import output
from falconry.deployment.metrics import Traffic
from falconry.deployment.status import Status
from falconry.text import ago, milliseconds, number, usd

_GOOD = ("InService", "CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
_BAD = ("FAILED", "Failed", "ROLLBACK_COMPLETE", "OutOfService")


def show(status: Status) -> None:
    """Print it."""
    out = output.console()
    out.print(f"[bold]{status.deployment}[/] in {status.region}, {status.time.astimezone():%Y-%m-%d %H:%M:%S}")
    output.paragraph(status.url or "No API is deployed.", hanging=2)
    _show_endpoints(status)
    _show_traffic(status)
    _show_alarms(status)
    _show_stacks(status)
    _show_cost(status)


def _painted(state: str) -> str:
    if state in _GOOD:
        return f"[green]{state}[/]"
    return f"[red]{state}[/]" if any(word in state for word in _BAD) else f"[yellow]{state}[/]"


def _show_endpoints(status: Status) -> None:
    wide = output.console().width >= output.WIDE
    headings = {"endpoint": "left", "state": "left", "instances": "right", "type": "left", "since": "left"}
    if wide:
        headings |= {"GPU": "right", "GPU memory": "right", "weights": "left"}
    output.console().print()
    table = output.table(headings)
    gpus = {use.model: use for use in status.gpus}
    for endpoint in status.endpoints:
        count = str(endpoint.instances)
        if endpoint.desired != endpoint.instances:
            count += f" → {endpoint.desired}"
        row = [endpoint.model, _painted(endpoint.status), count, endpoint.instance_type, ago(endpoint.changed)]
        if wide:
            use = gpus.get(endpoint.model)
            row += [
                _percent(use.gpu_percent if use else None),
                _percent(use.gpu_memory_percent if use else None),
                endpoint.weights.removeprefix("s3://").partition("/")[0],
            ]
        table.add_row(*row)
    for name in status.missing:
        table.add_row(name, "[yellow]not deployed[/]", "", "", "")
    output.console().print(table)
    for endpoint in status.endpoints:
        if endpoint.failure:
            output.paragraph(f"{endpoint.model}: {endpoint.failure}", indent=2, hanging=2, style="red")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} %"


def _show_traffic(status: Status) -> None:
    headings = {"traffic": "left", "requests": "right", "4xx": "right", "5xx": "right", "tokens in": "right"}
    headings |= {"out": "right", "first p50": "right", "p95": "right"}
    table = output.table(headings)
    for span, found in status.traffic.items():
        total, *models = found
        table.add_row(span, *_traffic_row(total), style="bold")
        for one in models:
            if one.requests and len(models) > 1:
                table.add_row(f"  {one.model}", *_traffic_row(one))
    output.console().print()
    output.console().print(table)


def _traffic_row(traffic: Traffic) -> list[str]:
    errors = number(traffic.server_errors)
    return [
        number(traffic.requests),
        number(traffic.client_errors),
        f"[red]{errors}[/]" if traffic.server_errors else errors,
        number(traffic.prompt_tokens),
        number(traffic.completion_tokens),
        milliseconds(traffic.first_token_p50_ms),
        milliseconds(traffic.first_token_p95_ms),
    ]


def _show_alarms(status: Status) -> None:
    out = output.console()
    out.print()
    if not status.alarm_count:
        out.print("[bold]Alarms[/]  none")
    elif not status.alarms:
        out.print(f"[bold]Alarms[/]  [green]0 of {status.alarm_count} in alarm[/]")
    else:
        out.print(f"[bold]Alarms[/]  [red]{len(status.alarms)} of {status.alarm_count} in alarm[/]")
        for alarm in status.alarms:
            output.paragraph(f"{alarm.name}, {ago(alarm.since)}: {alarm.reason}", indent=2, hanging=2, style="red")


def _show_stacks(status: Status) -> None:
    output.heading("Stacks")
    table = output.table({"": "left", " ": "left", "  ": "left"}, indent=2)
    table.show_header = False
    for stack in status.stacks:
        table.add_row(stack.name, _painted(stack.status), ago(stack.changed))
    output.console().print(table)
    for stack in status.stacks:
        if stack.reason and stack.status not in _GOOD:
            output.paragraph(f"{stack.name}: {stack.reason}", indent=2, hanging=2, style="red")


def _show_cost(status: Status) -> None:
    known = [cost.usd for cost in status.cost_this_month if cost.usd is not None]
    unknown = len(status.cost_this_month) - len(known)
    hours = sum(cost.instance_hours for cost in status.cost_this_month)
    output.console().print(f"\n[bold]Cost this month[/]  about ${usd(sum(known))} for {hours:,.1f} instance hours")
    output.note(
        "An estimate: the current instances at list price in us-east-1 since the first of the month or their "
        "creation. `falconry plan` shows the dates of the prices."
        + (f" {unknown} of unknown price not included." if unknown else "")
    )
