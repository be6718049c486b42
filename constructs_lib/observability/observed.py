"""What dashboard and alarms have to know of a deployment: whose metrics, and a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.api.authorizer_function import AuthorizerFunction
from constructs_lib.api.chat_api import ChatApi
from constructs_lib.api.chat_function import ChatFunction
from constructs_lib.api.function_metrics import FunctionMetrics
from constructs_lib.api.web_acl import WebAcl
from constructs_lib.model.endpoint_metrics import EndpointMetrics


@dataclass(frozen=True, slots=True)
class ObservedModel:
    """One model and the instances that serve it.

    Attributes:
        usd_per_hour: about what one instance costs, or None where no price is known.
        price_read: when the price was read, such as "2026-11".
        always_on: whether it has an instance at all times.
    """

    name: str
    endpoint: EndpointMetrics
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
        clients: names of the clients that have keys.
        concurrency: how many fronts may run at once.
        audited: whether there is an audit log.
    """

    deployment: str
    region: str
    models: tuple[ObservedModel, ...]
    api: ChatApi
    front: ChatFunction
    authorizer: AuthorizerFunction | None
    web_acl: WebAcl | None
    clients: tuple[str, ...]
    concurrency: int
    audited: bool

    @property
    def functions(self) -> list[FunctionMetrics]:
        """The functions that a request meets."""
        return [self.front, self.authorizer] if self.authorizer else [self.front]
