"""Everything that `falconry status` shows, read at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from falconry.deployment import deployed, health, metrics
from falconry.deployment.deployed import DeployedEndpoint
from falconry.deployment.health import AlarmState, Cost, StackState
from falconry.deployment.metrics import GpuUse, Traffic

if TYPE_CHECKING:
    from falconry.target import Target

SPANS = {"last hour": timedelta(hours=1), "last day": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Status:
    """A deployment at one moment.

    Attributes:
        missing: models of the config that have no endpoint.
        traffic: by span ("last hour", "last day"): the deployment's, then each model's.
        alarm_count: number of alarms, in any state.
    """

    deployment: str
    region: str
    time: datetime
    url: str | None
    endpoints: list[DeployedEndpoint]
    missing: list[str]
    stacks: list[StackState]
    alarms: list[AlarmState]
    alarm_count: int
    traffic: dict[str, list[Traffic]]
    gpus: list[GpuUse]
    cost_this_month: list[Cost]


def _place(names: list[str], model: str) -> tuple[int, str]:
    """Sort key: the config's order; models that were removed from the config come last."""
    return (names.index(model) if model in names else len(names), model)


def read(target: Target) -> Status:
    """The status now. All questions to AWS are asked together."""
    settings = target.settings
    names = [model.name for model in settings.models]
    # Clients are made one after the other: boto3's session is not thread-safe.
    for service in ("sagemaker", "application-autoscaling", "cloudformation", "cloudwatch", "ssm"):
        target.client(service)
    with ThreadPoolExecutor(8) as pool:
        endpoints = pool.submit(deployed.endpoints, target)
        stacks = pool.submit(health.stacks, target)
        alarms = pool.submit(health.alarms, target)
        url = pool.submit(deployed.url, target)
        traffic = {span: pool.submit(metrics.traffic, target, length, names) for span, length in SPANS.items()}
        found = endpoints.result()
        gpus = pool.submit(metrics.gpu_use, target, found.values()) if found else None
        now = datetime.now(UTC)
        in_alarm, alarm_count = alarms.result()
        return Status(
            deployment=settings.name,
            region=settings.region,
            time=now,
            url=url.result(),
            endpoints=sorted(found.values(), key=lambda one: _place(names, one.model)),
            missing=[name for name in names if name not in found],
            stacks=stacks.result(),
            alarms=in_alarm,
            alarm_count=alarm_count,
            traffic={span: asked.result() for span, asked in traffic.items()},
            gpus=gpus.result() if gpus else [],
            cost_this_month=health.cost_this_month(found.values(), now),
        )
