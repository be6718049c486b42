"""The properties of one resource, which remember what an adapter has read.

An adapter that leaves a property unread has lost it, and losing one silently is what this emulation must not do: the
engine asks for the unread ones after every create and update and fails the resource with their names.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Values = dict[str, Any]


class Properties(Mapping[str, Any]):
    """Resolved properties of a resource; reading one marks it as carried."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)
        self._read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self._read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def only(self, *names: str) -> Values:
        """Those of the named properties that are given."""
        self._read.update(names)
        return {name: self._values[name] for name in names if name in self._values}

    def without(self, *names: str) -> Values:
        """All properties but the named ones, which stay unread."""
        rest = {name: value for name, value in self._values.items() if name not in names}
        self._read.update(rest)
        return rest

    def unread(self) -> list[str]:
        return sorted(set(self._values) - self._read)


def tags_as_map(properties: Mapping[str, Any], name: str = "Tags") -> dict[str, str]:
    """CloudFormation's list of Key and Value (or a map) as a map."""
    tags = properties.get(name) or {}
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(tag["Key"]): str(tag["Value"]) for tag in tags}


def tags_as_list(properties: Mapping[str, Any], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as the list of pairs that most services take; some spell the members `TagKey` and `TagValue`."""
    return [{key: name, value: text} for name, text in tags_as_map(properties).items()]


def removed_tags(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Keys of tags that an update takes away."""
    return sorted(set(tags_as_map(old)) - set(tags_as_map(new)))
