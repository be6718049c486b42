"""Checks of quotas: instances for the deploy and for an update's second fleet, and Lambda's concurrency."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from falconry.account import caller_identity
from falconry.catalog import ENDPOINT_QUOTA_CODES
from falconry.deployment.changes import Change, changes
from falconry.deployment.deployed import DeployedEndpoint, endpoints
from falconry.deployment.sources import sources
from falconry.preflight.check import Check, failed, ok, unknown, warning
from falconry.preflight.service_quotas import Quota, by_code, by_name
from falconry.settings import Model, Settings, containers

if TYPE_CHECKING:
    from falconry.target import Target


@dataclass(frozen=True, slots=True)
class Demand:
    """Instances of one type.

    Attributes:
        others: that other endpoints of the account run now.
        peak: that this deploy runs at most at one time, its old and new fleets together.
        update: that a later update of all its endpoints runs at most.
    """

    others: int
    peak: int
    update: int

    @property
    def for_deploy(self) -> int:
        return self.others + self.peak

    @property
    def for_update(self) -> int:
        return self.others + self.update


def quotas(target: Target) -> Sequence[Check]:
    """A check for each instance type of the config."""
    settings = target.settings
    deployed = endpoints(target)
    planned = changes(settings, deployed, sources(target, caller_identity(target).account))
    others = _others(target, {endpoint.name for endpoint in deployed.values()})
    types = list(dict.fromkeys(model.instance_type for model in settings.models))
    known = _quotas(target, types)
    return [
        _check(settings, name, known.get(name), demand(settings, name, deployed, planned, others)) for name in types
    ]


def demand(
    settings: Settings,
    instance_type: str,
    deployed: Mapping[str, DeployedEndpoint],
    planned: Sequence[Change],
    others: Mapping[str, int],
) -> Demand:
    """What the config needs of one instance type.

    An endpoint that changes runs its old and its new fleet for a while; one that is removed goes last.
    """
    wanted = {model.name: model for model in settings.models if model.instance_type == instance_type}
    peak = sum(one.instances for one in deployed.values() if one.instance_type == instance_type)
    for change in planned:
        if change.model in wanted and change.kind in ("created", "updated", "succeeded", "blocked"):
            peak += wanted[change.model].max_instances
    return Demand(
        others=others.get(instance_type, 0),
        peak=peak,
        update=sum(model.max_instances + second_fleet(model) for model in wanted.values()),
    )


def second_fleet(model: Model) -> int:
    """Instances that an update of the model's endpoint adds while both fleets run: as many again, or a batch.

    Copies of an inference component are replaced one by one, so one more is enough.
    """
    if model.scaling.components:
        return 1
    return math.ceil(model.max_instances * model.update.fleet_percent / 100)


def _check(settings: Settings, instance_type: str, quota: Quota | None, need: Demand) -> Check:
    subject = f"quota of {instance_type}"
    if quota is None:
        return unknown(
            subject,
            f'Service Quotas lists no "{instance_type} for endpoint usage" in {settings.region}: SageMaker may not '
            "offer it there",
            f"https://{settings.region}.console.aws.amazon.com/servicequotas/home/services/sagemaker/quotas",
        )
    value = int(quota.value)
    running = f" ({need.others} in other endpoints)" if need.others else ""
    if value < need.for_deploy:
        found = f"{value} for endpoints; this deploy needs {need.for_deploy}{running}"
        return failed(subject, found, quota.raise_to(max(need.for_deploy, need.for_update), settings.region))
    if value < need.for_update:
        found = (
            f"{value} for endpoints: enough for this deploy, but an update adds instances for a while and needs "
            f"{need.for_update}{running}"
        )
        return warning(subject, found, quota.raise_to(need.for_update, settings.region))
    return ok(
        subject, f"{value} for endpoints; the deploy needs {need.for_deploy}, an update {need.for_update}{running}"
    )


def _quotas(target: Target, types: Sequence[str]) -> dict[str, Quota]:
    """By instance type. Known codes are asked for directly; a code of another name is not believed."""
    found = {}
    for name in types:
        if name in ENDPOINT_QUOTA_CODES:
            quota = by_code(target, "sagemaker", ENDPOINT_QUOTA_CODES[name])
            if quota.name == _quota_name(name):
                found[name] = quota
    missing = {_quota_name(name): name for name in types if name not in found}
    if missing:
        found |= {missing[name]: quota for name, quota in by_name(target, "sagemaker", missing.keys()).items()}
    return found


def _quota_name(instance_type: str) -> str:
    return f"{instance_type} for endpoint usage"


def _others(target: Target, own: set[str]) -> Mapping[str, int]:
    """Instances of the account's other endpoints in the region, by type."""
    sagemaker = target.client("sagemaker")
    endpoint_names = [
        item["EndpointName"]
        for page in sagemaker.get_paginator("list_endpoints").paginate()
        for item in page["Endpoints"]
        if item["EndpointName"] not in own
    ]
    count: Counter[str] = Counter()
    with ThreadPoolExecutor(8) as pool:
        for instances in pool.map(lambda name: _instances(sagemaker, name), endpoint_names):
            count += instances
    return count


def _instances(sagemaker: Any, name: str) -> Counter[str]:
    endpoint = sagemaker.describe_endpoint(EndpointName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    types = {variant["VariantName"]: variant.get("InstanceType", "") for variant in config["ProductionVariants"]}
    count: Counter[str] = Counter()
    for variant in endpoint.get("ProductionVariants", []):
        count[types.get(variant["VariantName"], "")] += variant.get("CurrentInstanceCount", 0)
    return count


def concurrency(target: Target) -> Sequence[Check]:
    """That Lambda can reserve the gateway function's concurrency beside what it keeps unreserved."""
    subject = "Lambda concurrency"
    wanted = containers.capacity(target.settings).requests_at_once
    client = target.client("lambda")
    limits = client.get_account_settings()["AccountLimit"]
    limit, unreserved = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    held = _reserved_concurrency(client, target.settings.names.chat_function)
    left = unreserved + held - wanted
    reserve = f"{wanted} for the gateway function, {UNRESERVED} that Lambda keeps unreserved"
    if left >= UNRESERVED:
        return [ok(subject, f"{limit} in this account; {reserve}, {left - UNRESERVED} left")]
    quota = Quota("lambda", CONCURRENCY_CODE, "Concurrent executions", limit)
    return [
        failed(
            subject,
            f"{limit} in this account, {limit - unreserved - held} reserved for other functions; needed: {reserve}",
            quota.raise_to(limit + UNRESERVED - left, target.settings.region),
        )
    ]


UNRESERVED = 100
"""What Lambda keeps unreserved (developer guide, "Configuring reserved concurrency")."""

CONCURRENCY_CODE = "L-B99A9384"


def _reserved_concurrency(client: Any, function: str) -> int:
    """What the gateway function has reserved already."""
    try:
        answer = client.get_function_concurrency(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return 0
    return int(answer.get("ReservedConcurrentExecutions") or 0)
