"""Log lines in the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from falconry import output
from falconry.deployment.log_lines import LogEvent

_STYLES = {"front": "cyan", "auth": "blue", "page": "blue", "model": "magenta", "access": "green"}


def show(events: Iterable[LogEvent], *, dated: bool) -> int:
    """Print a line for each event as it comes, and give their number. `dated`: with the day."""
    from rich.text import Text

    out = output.console()
    # In a pipe there is no width to keep to: `grep` gets all there is.
    wide = out.width >= output.WIDE or not out.is_terminal
    clock = ("%m-%d " if dated else "") + "%H:%M:%S"
    count = 0
    for event in events:
        if event.is_platform:
            continue
        line = event.line(wide=wide)
        local = event.time.astimezone()
        moment = local.strftime(clock) + (f".{local.microsecond // 1000:03d}" if wide else "")
        text = Text(moment, style="dim")
        text.append(f" {event.source:6} ", style=_STYLES[event.source])
        text.append(line.text, style="red" if line.bad else "default")
        out.print(text, soft_wrap=True)
        count += 1
    return count
