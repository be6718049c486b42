"""The typed form of a config file: what a platform engineer can set, with defaults and limits.

`load(Path("config/dev.yaml"))` returns `Settings` or raises `SettingsError`, which names every mistake of the file at
once: file, line, path, the value found, what is allowed, and the nearest right name where a word looks misspelt.
"""

from __future__ import annotations

import difflib
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from catalog import MODELS, REGIONS

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20)]
"""Becomes part of AWS resource names. 20 characters leave room for account and region in an S3 bucket's 63."""

ENDPOINT_NAME_LIMIT = 63
"""SageMaker's limit for an endpoint's name (CreateEndpoint, EndpointName)."""

MAX_STOP_SEQUENCES = 8
"""Stop sequences that a request may carry. OpenAI clients may send 4 and a chat template has up to 3 of its own;
the container's default is 4."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Model(_Section):
    """One model to serve."""

    name: str = Field(description="A model of the catalog, for example `falcon-180b-chat`.")
    instance_type: str = Field(
        default="", description="SageMaker instance type. Default: the one JumpStart deploys on."
    )
    instance_count: int = Field(default=1, ge=1, le=100, description="How many instances stand behind the endpoint.")
    accept_license: bool = Field(
        default=False, description="Says that the licence of the weights was read and accepted. Needed for Falcon 180B."
    )

    @field_validator("name")
    @classmethod
    def _in_catalog(cls, name: str) -> str:
        return _one_of(name, MODELS, "a model of the catalog")

    @model_validator(mode="after")
    def _runs_on_instance_type(self) -> Self:
        supported = MODELS[self.name].supported_instance_types
        if not self.instance_type:
            object.__setattr__(self, "instance_type", MODELS[self.name].default_instance_type)
        elif self.instance_type not in supported:
            hint = _did_you_mean(self.instance_type, supported)
            raise PydanticCustomError(
                "instance_type",
                "{value} is not an instance type that {model} is known to run on.{hint} Use {allowed}.",
                {"value": self.instance_type, "model": self.name, "hint": hint, "allowed": _listing(supported)},
            )
        return self


class Network(_Section):
    """The VPC in which the models and the front run: isolated subnets, no route to the internet."""

    cidr: str = Field(default="10.0.0.0/16", description="Address range of the VPC, /16 to /24.")
    zones: int = Field(default=2, ge=2, le=3, description="How many availability zones it spans.")

    @field_validator("cidr")
    @classmethod
    def _private_range(cls, cidr: str) -> str:
        try:
            network = ipaddress.IPv4Network(cidr)
        except ValueError as error:
            raise PydanticCustomError(
                "cidr",
                "{value} is not an IPv4 range ({reason}). Write one like 10.0.0.0/16.",
                {"value": cidr, "reason": str(error)},
            ) from None
        if not network.is_private or not 16 <= network.prefixlen <= 24:
            raise PydanticCustomError(
                "cidr",
                "{value} cannot be used. Take a private range of /16 to /24, for example 10.0.0.0/16.",
                {"value": cidr},
            )
        return cidr


class Client(_Section):
    """One application that calls the API: it gets its own key and usage plan."""

    name: Name = Field(description="Lower case letters, digits and single hyphens, at most 20 characters.")
    rate_per_second: float = Field(default=10, gt=0, le=10_000, description="Requests per second, on average.")
    burst: int = Field(default=20, ge=1, le=5_000, description="Requests that may come at once.")
    requests_per_month: int | None = Field(default=None, ge=1, description="Quota per calendar month; none by default.")


class Api(_Section):
    """Who may call, and how much."""

    clients: tuple[Client, ...] = Field(default=(Client(name="default"),), min_length=1, max_length=50)

    @field_validator("clients")
    @classmethod
    def _names_differ(cls, clients: tuple[Client, ...]) -> tuple[Client, ...]:
        _reject_duplicates([client.name for client in clients], "client")
        return clients


class Settings(_Section):
    """One deployment."""

    name: Name = Field(description="Taken from the file's name: config/dev.yaml is the deployment `dev`.")
    region: str = Field(description="AWS region, for example `us-east-1`.")
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = Field(
        default=None,
        description="Twelve digits in quotes. With it, a deploy with another account's credentials stops.",
    )
    models: tuple[Model, ...] = Field(min_length=1)
    retain_data: bool = Field(
        default=True, description="Whether the artifact bucket and its key outlive `cdk destroy`. true or false."
    )
    network: Network = Network()
    api: Api = Api()

    @field_validator("region")
    @classmethod
    def _known_region(cls, region: str) -> str:
        return _one_of(region, REGIONS, "a region with SageMaker's containers")

    @field_validator("models")
    @classmethod
    def _models_differ(cls, models: tuple[Model, ...], info: ValidationInfo) -> tuple[Model, ...]:
        _reject_duplicates([model.name for model in models], "model")
        return models

    @model_validator(mode="after")
    def _endpoint_names_fit(self) -> Self:
        for model in self.models:
            length = len(self.endpoint_name(model))
            if length > ENDPOINT_NAME_LIMIT:
                raise PydanticCustomError(
                    "endpoint_name",
                    "The endpoint's name {value} has {length} characters; SageMaker takes {limit}. "
                    "Give the file a shorter name.",
                    {"value": self.endpoint_name(model), "length": length, "limit": ENDPOINT_NAME_LIMIT},
                )
        return self

    def endpoint_name(self, model: Model) -> str:
        """The SageMaker endpoint that serves `model`. It never changes while the deployment lives."""
        return f"falconry-{self.name}-{model.name}"


class SettingsError(ValueError):
    """A config file cannot be used. `mistakes` holds one sentence for each thing that is wrong."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


def config_path(config: str) -> Path:
    """The file that `config` means: a path that ends in .yaml, or the name of a file in config/ without its ending."""
    return Path(config) if config.endswith(".yaml") else Path("config") / f"{config}.yaml"


def load(path: Path, *, licences_needed: bool = True) -> Settings:
    """Read and check the config file at `path`.

    `licences_needed=False` leaves out the acknowledgement of licences: for a deployment that fetches no weights.

    Raises:
        SettingsError: the file is missing, is not YAML, or holds mistakes.
    """
    if not path.is_file():
        raise SettingsError([_missing_file(path)])
    document = _Document(path)
    try:
        settings = Settings.model_validate({**document.values, "name": path.stem})
    except ValidationError as error:
        raise SettingsError(
            [document.sentence(details) for details in error.errors() if not _is_echo(details)]
        ) from None
    if licences_needed:
        _require_licences(settings, document)
    return settings


def _require_licences(settings: Settings, document: _Document) -> None:
    mistakes = []
    for index, model in enumerate(settings.models):
        entry = MODELS[model.name]
        if entry.requires_licence_acknowledgement and not model.accept_license:
            mistakes.append(
                f"{document.place(('models', index, 'accept_license'))}: the weights of {model.name} come under the "
                f"{entry.licence}. Read them; then write `accept_license: true` beside the model's name."
            )
    if mistakes:
        raise SettingsError(mistakes)


class _Document:
    """A YAML file with the line of each of its values."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[tuple[str | int, ...], int] = {}
        self._repeated: list[str] = []
        try:
            root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise SettingsError([f"{path}: not valid YAML: {error}"]) from None
        if not isinstance(root, yaml.MappingNode):
            raise SettingsError([f"{path}: holds no settings. It must give at least `region` and `models`."])
        self.values: dict[str, Any] = self._read(root, ())
        if self._repeated:
            raise SettingsError(self._repeated)

    def _read(self, node: yaml.Node, path: tuple[str | int, ...]) -> Any:
        self._lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                here = (*path, key)
                if key in mapping:
                    self._repeated.append(
                        f"{self._path}:{key_node.start_mark.line + 1}: {_dotted(here)}: stands twice (first in line "
                        f"{self._lines[here]}). Keep one."
                    )
                self._lines[here] = key_node.start_mark.line + 1
                mapping[key] = self._read(value_node, here)
            return mapping
        if isinstance(node, yaml.SequenceNode):
            return [self._read(item, (*path, index)) for index, item in enumerate(node.value)]
        return yaml.SafeLoader("").construct_object(node)

    def place(self, path: tuple[str | int, ...]) -> str:
        """`file:line: path`; the line of the nearest parent where the value itself is absent."""
        known = path
        while known not in self._lines:
            known = known[:-1]
        return f"{self._path}:{self._lines[known]}: {_dotted(path)}"

    def sentence(self, error: ErrorDetails) -> str:
        """One mistake, in words."""
        # A check of two fields together is reported for their section; its type names the field to mend.
        path = (*error["loc"], "instance_type") if error["type"] == "instance_type" else error["loc"]
        place = self.place(path) if path else str(self._path)
        if path == ("name",):
            return (
                f"{self._path}: {self._path.stem!r} cannot name a deployment. Call the file something like "
                "config/dev.yaml: lower case letters, digits and single hyphens, at most 20 characters."
            )
        if error["type"] == "missing":
            return f"{place}: is missing. {_description(path)}"
        if error["type"] == "extra_forbidden":
            allowed = _fields_at(path[:-1])
            return (
                f"{place}: is not a setting.{_did_you_mean(str(path[-1]), allowed)} Allowed here: {_listing(allowed)}."
            )
        if error["type"] in _OWN_SENTENCES:
            return f"{place}: {error['msg']}"
        if error["type"] == "string_pattern_mismatch":
            return f"{place}: {error['input']!r} cannot be used. {_description(path)}"
        return f"{place}: {error['input']!r}: {_lower_first(error['msg'])}. {_description(path)}".rstrip()


def _is_echo(error: ErrorDetails) -> bool:
    """Whether a list is called too short only because its items were mistaken, which is reported for each of them."""
    return error["type"] == "too_short" and bool(error["input"])


_OWN_SENTENCES = {"choice", "cidr", "duplicate", "endpoint_name", "instance_type"}
"""Error types whose message is a whole sentence already."""


def _one_of(value: str, allowed: Any, what: str) -> str:
    if value in allowed:
        return value
    names = sorted(allowed)
    raise PydanticCustomError(
        "choice",
        "{value} is not {what}.{hint} Allowed: {allowed}.",
        {"value": repr(value), "what": what, "hint": _did_you_mean(value, names), "allowed": _listing(names)},
    )


def _reject_duplicates(names: Sequence[str], what: str) -> None:
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise PydanticCustomError(
            "duplicate", "the {what} {name} stands twice. Keep one.", {"what": what, "name": name}
        )


def _section_at(path: tuple[str | int, ...]) -> type[BaseModel]:
    sections: dict[str, type[BaseModel]] = {"models": Model, "network": Network, "api": Api, "clients": Client}
    names = [part for part in path if isinstance(part, str)]
    return sections[names[-1]] if names else Settings


def _fields_at(path: tuple[str | int, ...]) -> list[str]:
    return [name for name in _section_at(path).model_fields if (path or name != "name")]


def _description(path: tuple[str | int, ...]) -> str:
    fields = [part for part in path if isinstance(part, str)]
    field = _section_at(tuple(fields[:-1])).model_fields.get(fields[-1]) if fields else None
    return (field.description or "") if field else ""


def _dotted(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")


def _did_you_mean(value: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, names, n=1, cutoff=0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _listing(names: Sequence[str]) -> str:
    return ", ".join(names)


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _missing_file(path: Path) -> str:
    present = sorted(file.stem for file in path.parent.glob("*.yaml"))
    hint = _did_you_mean(path.stem, present)
    return f"{path}: there is no such config file.{hint} Present in {path.parent}/: {_listing(present) or 'none'}."
