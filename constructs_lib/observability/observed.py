"""What dashboard and alarms have to know of a deployment: names and numbers, no construct of another stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObservedModel:
    """One model and the instances that serve it.

    Attributes:
        usd_per_hour: about what one instance costs, or None where no price is known.
        price_read: when the price was read, such as "2026-11".
        always_on: whether it has an instance at all times.
    """

    name: str
    endpoint: str
    instance_type: str
    gpu_count: int
    vcpu: int
    usd_per_hour: float | None
    price_read: str
    always_on: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """One deployment.

    Attributes:
        authorizer: the authorizer's function, or None where API Gateway checks signatures itself.
        web_acl: the web ACL's name, or None.
        clients: names of the clients that have keys.
        concurrency: how many fronts may run at once.
        audited: whether there is an audit log.
    """

    deployment: str
    region: str
    models: tuple[ObservedModel, ...]
    api: str
    front: str
    authorizer: str | None
    web_acl: str | None
    clients: tuple[str, ...]
    concurrency: int
    audited: bool
