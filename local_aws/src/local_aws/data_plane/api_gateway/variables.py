"""`$context` and `$stageVariables` in templates and in the format of an access log."""

import json
import re
from typing import Any

_VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>(?:context|stageVariables)\.[\w.]+)\}|(?P<plain>(?:context|stageVariables)\.\w+(?:\.\w+)*))"
)


def fill(template: str, variables: dict[str, Any], missing: str = "") -> str:
    """The template with its variables' values; `missing` stands for those that have none."""
    return _VARIABLE.sub(lambda match: text(look_up(variables, match["braced"] or match["plain"]), missing), template)


def look_up(variables: dict[str, Any], path: str) -> Any:
    """The value at a dotted path, or None."""
    value: Any = variables
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def text(value: Any, missing: str = "") -> str:
    """A value as it stands in a text."""
    if value is None:
        return missing
    return value if isinstance(value, str) else json.dumps(value)
