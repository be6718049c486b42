"""The reader of cloud assemblies: stacks with their templates, from the folder that `cdk synth` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from falconry.errors import CommandError

Resource = Mapping[str, Any]

FAILURE_SUFFIX = ".failed"
"""Beside assemblies, NAME.failed has what `cdk synth` said of the config NAME that it could not synthesize."""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack.

    Attributes:
        resources: logical id to resource, without the CDK's own AWS::CDK::Metadata.
        outputs: name to value.
        paths: logical id to construct path below the stack ("Chat/Function"), where the assembly tells it.
        dependencies: names of the stacks that have to be deployed before it.
        roles: ARNs of the bootstrap roles "deploy" and "lookup", with placeholders for partition and account.
        template: the whole template, as `cdk synth` wrote it.
    """

    name: str
    region: str
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    termination_protection: bool = False
    dependencies: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    template: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_template(cls, name: str, template: Mapping[str, Any], *, region: str = "", **attributes: Any) -> Stack:
        """The stack of a template."""
        return cls(
            name=name,
            region=region,
            resources={
                logical_id: resource
                for logical_id, resource in template["Resources"].items()
                if resource["Type"] != "AWS::CDK::Metadata"
            },
            outputs={key: output.get("Value") for key, output in template.get("Outputs", {}).items()},
            template=template,
            **attributes,
        )

    def path(self, logical_id: str) -> str:
        """What a reader of the code calls a resource; its logical id where nothing better is known."""
        return self.paths.get(logical_id, logical_id)


@dataclass(frozen=True, slots=True)
class CloudAssembly:
    """The stacks of one `cdk synth`, by name, in the order in which they are deployed."""

    stacks: Mapping[str, Stack]

    def of_type(self, *types: str) -> Iterator[tuple[Stack, str, Resource]]:
        """Every resource of the types, with its stack and logical id."""
        for stack in self.stacks.values():
            for logical_id, resource in stack.resources.items():
                if resource["Type"] in types:
                    yield stack, logical_id, resource

    def count(self, *types: str) -> int:
        """The number of resources of the types."""
        return sum(1 for _ in self.of_type(*types))


EMPTY = CloudAssembly({})


def read(folder: Path) -> CloudAssembly:
    """The assembly in `folder`, such as cdk.out.

    Raises:
        CommandError: the folder holds none, or one that cannot be understood.
    """
    stacks = {stack.name: stack for stack in _stacks(folder)}
    if not stacks:
        raise CommandError(f"{folder} has no stacks. Was it written by `cdk synth --output {folder}`?")
    return CloudAssembly(stacks)


def read_all(folder: Path) -> tuple[dict[str, CloudAssembly], dict[str, str]]:
    """The assemblies in `folder` by name, and what `cdk synth` said of those that it could not make.

    The folder is an assembly itself, whose name is then "", or holds one for each config: NAME.out, or NAME.failed
    with the reason.

    Raises:
        CommandError: it is neither.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder} is no folder. Name what `cdk synth --output DIR` wrote.")
    if (folder / "manifest.json").exists():
        return {"": read(folder)}, {}
    failures = {one.stem: _text(one).strip() for one in sorted(folder.glob(f"*{FAILURE_SUFFIX}"))}
    # A synthesis that failed may have left a part of its output.
    assemblies = {one.stem: read(one) for one in sorted(folder.glob("*.out")) if one.stem not in failures}
    if not assemblies and not failures and any(folder.iterdir()):
        raise CommandError(
            f"{folder} has neither manifest.json nor folders NAME.out. Name what `cdk synth --output DIR` wrote."
        )
    return assemblies, failures


def _stacks(folder: Path) -> Iterator[Stack]:
    manifest = _json(folder / "manifest.json")
    artifacts = _mapping(manifest, "artifacts", folder / "manifest.json")
    stacks = {key for key, artifact in artifacts.items() if artifact.get("type") == "aws:cloudformation:stack"}
    for key, artifact in artifacts.items():
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _stacks(folder / artifact["properties"]["directoryName"])
        if key in stacks:
            yield _stack(folder, artifact, stacks)


def _stack(folder: Path, artifact: Mapping[str, Any], stacks: Set[str]) -> Stack:
    properties = artifact.get("properties", {})
    file = folder / properties["templateFile"]
    template = _json(file)
    _mapping(template, "Resources", file)
    metadata = artifact.get("metadata", {})
    if "additionalMetadataFile" in artifact:
        metadata = {**metadata, **_json(folder / artifact["additionalMetadataFile"])}
    name = properties.get("stackName") or artifact.get("displayName") or Path(properties["templateFile"]).name
    name = name.removesuffix(".template.json")
    return Stack.of_template(
        name,
        template,
        region=artifact.get("environment", "aws:///").rpartition("/")[2],
        paths=_paths(metadata),
        termination_protection=bool(properties.get("terminationProtection")),
        dependencies=tuple(one for one in artifact.get("dependencies", []) if one in stacks),
        roles={
            "deploy": str(properties.get("assumeRoleArn", "")),
            "lookup": str(properties.get("lookupRole", {}).get("arn", "")),
        },
    )


def _paths(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Logical id to path: "/stack/Chat/Function/Resource" is called "Chat/Function"."""
    paths = {}
    for path, entries in metadata.items():
        for entry in entries:
            if entry["type"] == "aws:cdk:logicalId":
                paths[entry["data"]] = "/".join(path.split("/")[2:]).removesuffix("/Resource")
    return paths


def _mapping(document: Any, key: str, file: Path) -> Mapping[str, Any]:
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, dict):
        raise CommandError(f"{file} has no `{key}`: it is not what `cdk synth` writes. Synthesize again.")
    return value


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise CommandError(f"{file} is not JSON ({error}). Synthesize again.") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CommandError(f"{file} cannot be read: {reason}. Synthesize again.") from None
