"""A YAML file with the line of each of its values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from falconry.settings.phrasing import dotted


class YamlDocumentError(ValueError):
    """The file is not a YAML mapping with unique keys. `sentences` holds one sentence for each error."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class YamlDocument:
    """The file at `path`, read.

    Attributes:
        values: its content as Python values.

    Raises:
        YamlDocumentError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[tuple[str | int, ...], int] = {}
        self._repeated: list[str] = []
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
            remedy = " Indent with spaces." if "\\t" in str(error.problem) else ""
            raise YamlDocumentError(f"{path}{line}: not valid YAML: {error.problem}.{remedy}") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise YamlDocumentError(f"{path}: not valid YAML: {error}") from None
        if not isinstance(root, yaml.MappingNode):
            raise YamlDocumentError(f"{path}: no settings found. At least `region` and `models` are required.")
        self.values: dict[str, Any] = self._read(root, ())
        if self._repeated:
            raise YamlDocumentError(*self._repeated)

    def place(self, path: Sequence[str | int]) -> str:
        """`file:line: path`; the line of the nearest parent where the value itself is absent."""
        known = tuple(path)
        while known not in self._lines:
            known = known[:-1]
        return f"{self._path}:{self._lines[known]}: {dotted(path)}" if path else f"{self._path}"

    def _read(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._read(item, (*path, index)) for index, item in enumerate(node.value)]
        return yaml.SafeLoader("").construct_object(node)

    def _read_mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...]) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here, line = (*path, key), key_node.start_mark.line + 1
            if key in mapping:
                first = self._lines[here]
                self._repeated.append(
                    f"{self._path}:{line}: {dotted(here)}: duplicate key, first on line {first}. Remove one."
                )
            self._lines[here] = line
            mapping[key] = self._read(value_node, here)
        return mapping
