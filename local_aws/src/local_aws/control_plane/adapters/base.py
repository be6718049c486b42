"""What an adapter of a CloudFormation resource type is, and what it is given."""

import secrets
import string
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from .properties import Properties, Values
from .requests import fitted, lost

_SUFFIX_ALPHABET = string.ascii_uppercase + string.digits
_SUFFIX_LENGTH = 12  # as CloudFormation generates names: stack-LogicalId-1A2B3C4D5E6F


class NotCarriedError(Exception):
    """A property that the emulated AWS would lose."""


@dataclass(frozen=True)
class Created:
    """A resource that exists: what `Ref` gives, and what `Fn::GetAtt` gives by attribute name."""

    physical_id: str
    attributes: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Context:
    """Where a resource is made: account, region, stack and logical id, and clients of the emulated services."""

    account: str
    region: str
    stack_name: str
    logical_id: str
    clients: Callable[[str], Any]
    begun: list[str] = field(default_factory=list)

    def made(self, physical_id: str) -> None:
        """Says that the resource exists, although its creation has further steps: if one fails, it is deleted."""
        self.begun.append(physical_id)

    def client(self, service: str) -> Any:
        """A boto3 client of the emulated AWS itself."""
        return self.clients(service)

    def call(self, service: str, method: str, **values: Any) -> Values:
        """Calls a service with CloudFormation's values in the operation's form; None values are left out."""
        client = self.clients(service)
        operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
        given = {name: value for name, value in values.items() if value is not None}
        answer: Values = getattr(client, method)(**fitted(operation, given))
        return answer

    def kept(
        self, service: str, method: str, values: Mapping[str, Any], answer: Any, ignoring: Collection[str] = ()
    ) -> None:
        """Checks that `answer` holds all that `values` asked of `method`; raises NotCarriedError otherwise."""
        client = self.clients(service)
        operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
        requested = fitted(operation, {name: value for name, value in values.items() if value is not None})
        if missing := sorted(set(lost(requested, answer, ignoring=ignoring))):
            raise NotCarriedError(f"the emulated {service} does not keep {missing}")

    def generated_name(self, limit: int = 64) -> str:
        """A physical name as CloudFormation makes them, at most `limit` characters long."""
        suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(_SUFFIX_LENGTH))
        stem = f"{self.stack_name}-{self.logical_id}"[: limit - len(suffix) - 1].rstrip("-")
        return f"{stem}-{suffix}"

    def arn(self, service: str, resource: str, *, regional: bool = True, owned: bool = True) -> str:
        region = self.region if regional else ""
        return f"arn:aws:{service}:{region}:{self.account if owned else ''}:{resource}"


class Adapter:
    """Creates, updates and deletes resources of one type through the emulated service's own API."""

    resource_type: ClassVar[str]
    # Properties that the emulation does not act upon, and why leaving them out is harmless.
    not_carried: ClassVar[Mapping[str, str]] = {}
    # The property by which a template names the resource; two of one name cannot exist at once.
    name_property: ClassVar[str | None] = None

    def create(self, properties: Properties, context: Context) -> Created:
        raise NotImplementedError

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        """Changes the resource in place and gives its attributes. `old` are the properties that it has now."""
        changed = sorted(name for name in {*properties, *old} if properties.get(name) != old.get(name))
        raise NotCarriedError(f"the emulated AWS cannot change {changed} of {self.resource_type} in place")

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        raise NotImplementedError


_GONE = ("NotFound", "NoSuch", "ResourceNotFound", "does not exist", "Could not find", "InvalidRouteTableID")


def is_gone(error: ClientError) -> bool:
    """Whether a service says that what is to be deleted does not exist (any more)."""
    details = error.response.get("Error", {})
    text = f"{details.get('Code', '')} {details.get('Message', '')}"
    return any(word in text for word in _GONE)
