"""JavaScript modules joined into one, so that a page can carry them inline and its policy can name them by their hash.

Only the forms of `import` and `export` that the page uses are known; any other is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{ (?P<names>[\w, ]+) \} from "\./(?P<file>[\w.-]+)";$')
_EXPORT = re.compile(r"^export (?=(async function\*?|function\*?|const|class) (?P<name>\w+))")
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async function\*?|function\*?|const|let|class) (?P<name>\w+)")


class ModuleError(ValueError):
    """A module cannot be joined with the others; the text says which and why."""


def join(files: Mapping[str, str], entry: str) -> str:
    """The text of `entry` and of all that it imports, each once and after what it needs.

    All names at the top of a module share one scope then, so no two modules may have the same.

    Raises:
        ModuleError: an unknown form, file or name, a circle, or a name that two modules have.
    """
    done: dict[str, str] = {}
    exported: dict[str, set[str]] = {}
    owners: dict[str, str] = {}

    def add(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ModuleError(f"{' imports '.join([*path, name])}: a circle. Move what both need into a third module.")
        if name in done:
            return
        if name not in files:
            raise ModuleError(f"{path[-1] if path else 'the page'} imports {name}, which does not exist.")
        lines: list[str] = []
        exported[name] = set()
        for number, line in enumerate(files[name].splitlines(), start=1):
            where = f"{name}, line {number}: {line}"
            imported = _IMPORT.match(line)
            if imported:
                add(imported["file"], (*path, name))
                missing = {one.strip() for one in imported["names"].split(",")} - exported[imported["file"]]
                if missing:
                    raise ModuleError(f"{where}: {imported['file']} does not export {', '.join(sorted(missing))}.")
                continue
            export = _EXPORT.match(line)
            if export:
                exported[name].add(export["name"])
            if line.startswith("import") or (line.startswith("export") and not export):
                raise ModuleError(f'{where}: write `import {{ a, b }} from "./c.js";` and `export function a`.')
            declared = _TOP_LEVEL.match(line)
            if declared:
                other = owners.setdefault(declared["name"], name)
                if other != name:
                    raise ModuleError(f"{where}: {other} has the name {declared['name']} too. Rename one.")
            lines.append(line.removeprefix("export "))
        done[name] = "\n".join(lines).strip("\n")

    add(entry, ())
    return '"use strict";\n' + "\n".join(done.values()) + "\n"
