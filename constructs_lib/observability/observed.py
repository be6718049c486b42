"""What dashboard and alarms need from a deployment: the constructs that have metrics, and a few numbers."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.api.api_web_acl import ApiWebAcl
from constructs_lib.api.authorizer_function import AuthorizerFunction
from constructs_lib.api.chat_api import ChatApi
from constructs_lib.api.chat_function import ChatFunction
from constructs_lib.api.function_metrics import FunctionMetrics
from constructs_lib.model.endpoint_metrics import EndpointMetrics


@dataclass(frozen=True, slots=True)
class ObservedModel:
    """A model and the instances that serve it.

    Attributes:
        usd_per_hour: the list price of an instance, or None if unknown.
        price_read: the month of that price, such as "2026-11".
        always_on: whether it always has an instance.
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
    """A deployment.

    Attributes:
        authorizer: the authorizer's function, or None where API Gateway checks signatures itself.
        clients: the names of the clients with API keys.
        concurrency: the gateway function's reserved concurrency.
        audited: whether there is an audit log.
    """

    deployment: str
    region: str
    models: tuple[ObservedModel, ...]
    api: ChatApi
    front: ChatFunction
    authorizer: AuthorizerFunction | None
    web_acl: ApiWebAcl | None
    clients: tuple[str, ...]
    concurrency: int
    audited: bool

    @property
    def functions(self) -> list[FunctionMetrics]:
        """The Lambda functions that handle a request."""
        return [self.front, self.authorizer] if self.authorizer else [self.front]
