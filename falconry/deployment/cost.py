"""The cost of a deployment by list prices: what is billed by the hour, and what a load adds.

Prices are facts with a date and of one region (`catalog`). A month has 730 hours, as AWS
calculates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from falconry.assembly.service_usage import HOURS_PER_MONTH, ServiceUsage
from falconry.catalog import INSTANCE_TYPES, MODELS, MemoryFit, fit
from falconry.settings import Model, Settings

SECONDS_PER_DAY = 86_400
DAYS_PER_MONTH = HOURS_PER_MONTH / 24

WEB_ACL_RULES = 4
"""Three of AWS's rule groups, and the rate of one address."""

KMS_KEYS = 3
"""One each in the stacks network, api and operations. An audit log has one more."""

GATEWAY_FUNCTION_GB = 1.0
"""Memory of the gateway function, which Lambda bills by the second."""


@dataclass(frozen=True, slots=True)
class CostItem:
    """One line of the bill. `usd_per_hour` is None where no price is known."""

    name: str
    usd_per_hour: float | None

    @property
    def usd_per_month(self) -> float | None:
        return None if self.usd_per_hour is None else self.usd_per_hour * HOURS_PER_MONTH


@dataclass(frozen=True, slots=True)
class Load:
    """The requests to each model, spread evenly over day and night."""

    requests_per_day: float
    tokens_per_answer: float

    @property
    def tokens_per_second(self) -> float:
        return self.requests_per_day * self.tokens_per_answer / SECONDS_PER_DAY

    @property
    def tokens_per_month(self) -> float:
        return self.requests_per_day * self.tokens_per_answer * DAYS_PER_MONTH

    @classmethod
    def of_tokens(cls, tokens_per_second: float, tokens_per_answer: float) -> Load:
        """The load of a number of answer tokens per second."""
        return cls(tokens_per_second * SECONDS_PER_DAY / tokens_per_answer, tokens_per_answer)


def idle_instances(settings: Settings) -> CostItem | None:
    """The cost of the instances at their minimum; None where nothing is scaled."""
    fewest = [model.min_instances for model in settings.models]
    if fewest == [model.max_instances for model in settings.models]:
        return None
    hours = [_instances(model, count) for model, count in zip(settings.models, fewest, strict=True)]
    known = [hour for hour in hours if hour is not None]
    return CostItem("instances alone, at the minimum", sum(known) if len(known) == len(hours) else None)


def standing(settings: Settings) -> list[CostItem]:
    """Everything that is billed by the hour, used or not."""
    items = [
        CostItem(f"{_count(model)} x {model.instance_type} for {model.name}", _instances(model))
        for model in settings.models
    ]
    usage = service_usage(settings)
    words = {
        "interface VPC endpoints": f"SageMaker runtime endpoint in {usage.endpoint_zones} zones",
        "web ACL": f"web ACL with {usage.web_acl_rules} rules",
        "KMS keys": f"{usage.kms_keys} KMS keys",
    }
    return items + [CostItem(words[service], usd / HOURS_PER_MONTH) for service, usd in usage.usd_per_month().items()]


def service_usage(settings: Settings) -> ServiceUsage:
    """The small services that a deploy of the settings creates, without a synthesis.

    A test holds it to the templates of every config of the matrix.
    """
    network, existing = settings.network, settings.network.existing
    zones = len(existing.subnet_ids) if existing else len(network.zone_names) or network.zones
    created = existing is None or existing.create_endpoints
    guarded = settings.api.web_acl.enabled
    return ServiceUsage(
        endpoint_zones=zones if created else 0,
        web_acls=int(guarded),
        web_acl_rules=WEB_ACL_RULES if guarded else 0,
        kms_keys=KMS_KEYS + settings.operations.audit_log.enabled,
        gateway_gb=GATEWAY_FUNCTION_GB,
    )


def requests(settings: Settings, load: Load) -> CostItem:
    """The cost of API Gateway, WAF and the gateway function under the load on all models."""
    usage = service_usage(settings)
    a_day = sum(
        load.requests_per_day
        * usage.usd_per_request(load.tokens_per_answer * MODELS[model.name].latency_per_token_ms / 1000)
        for model in settings.models
    )
    return CostItem("API Gateway, Lambda" + (", WAF" if usage.web_acls else "") + " at that load", a_day / 24)


@dataclass(frozen=True, slots=True)
class Throughput:
    """How one model's endpoint handles a load.

    The catalog knows how long a token takes for one request alone. Requests that run together share the GPUs, so each
    is slower then: `tokens_per_second_at_most` assumes that they are not, so no endpoint exceeds it.

    Attributes:
        at_once: requests that one instance serves at the same time, as memory and container allow.
        needed_at_once: requests that the load keeps running on average (Little's law), over all instances.
        usd_per_million_tokens: at the load; None where the load is too much or the instance's price is not known.
    """

    fit: MemoryFit
    at_once: int
    instance_count: int
    needed_at_once: float
    tokens_per_second_at_most: float
    usd_per_million_tokens: float | None
    usd_per_million_tokens_at_least: float | None

    @property
    def holds(self) -> bool:
        return self.needed_at_once <= self.at_once * self.instance_count

    @property
    def instances_needed(self) -> int:
        return max(1, math.ceil(self.needed_at_once / max(1, self.at_once)))


def throughput(model: Model, load: Load) -> Throughput:
    """The throughput of a model's endpoint under a load."""
    entry = MODELS[model.name]
    room = fit(entry, INSTANCE_TYPES[model.instance_type], model.quantize)
    at_once = min(room.room_tokens // model.max_total_tokens, model.concurrent_requests)
    seconds_per_token = entry.latency_per_token_ms / 1000
    at_most = at_once * model.max_instances / seconds_per_token
    hour = _instances(model)
    held = load.tokens_per_second <= at_most
    return Throughput(
        fit=room,
        at_once=at_once,
        instance_count=model.max_instances,
        needed_at_once=load.tokens_per_second * seconds_per_token,
        tokens_per_second_at_most=at_most,
        usd_per_million_tokens=_per_million(hour, load.tokens_per_second) if held else None,
        usd_per_million_tokens_at_least=_per_million(hour, at_most),
    )


def _count(model: Model) -> str:
    """The number of instances in the bill: the maximum where they are scaled."""
    fewest, most = model.min_instances, model.max_instances
    return str(most) if fewest == most else f"at most {most}"


def _instances(model: Model, count: int | None = None) -> float | None:
    """US dollars an hour for a number of instances. Default: the maximum."""
    price = INSTANCE_TYPES[model.instance_type].usd_per_hour
    return None if price is None else price * (model.max_instances if count is None else count)


def _per_million(usd_per_hour: float | None, tokens_per_second: float) -> float | None:
    if usd_per_hour is None or tokens_per_second <= 0:
        return None
    return usd_per_hour / (tokens_per_second * 3600) * 1e6
