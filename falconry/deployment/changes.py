"""What a deploy would do to each endpoint: the config against what SageMaker describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from falconry.catalog import Weights
from falconry.catalog.endpoint_updates import blocks_change, refuses_instance_type
from falconry.deployment.deployed import DeployedEndpoint
from falconry.settings import Model, Settings, containers

Kind = Literal["created", "unchanged", "updated", "succeeded", "removed", "blocked"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that the config changes."""

    what: str
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class Change:
    """What a deploy does to one endpoint.

    Attributes:
        kind: "updated" is in place: a second fleet starts beside the first (blue/green), traffic moves, the first ends.
            "succeeded": an endpoint of another name takes over, since the mode of scaling asks for another kind of
            endpoint. "blocked": SageMaker would refuse it in the endpoint's present state.
        reason: why it is blocked, where the state does not say it.
    """

    model: str
    kind: Kind
    differences: tuple[Difference, ...] = ()
    status: str = ""
    failure: str | None = None
    reason: str | None = None


def changes(
    settings: Settings, deployed: Mapping[str, DeployedEndpoint], weights: Mapping[str, Weights | None]
) -> list[Change]:
    """The changes of all endpoints, in the config's order; removed ones last.

    `weights` holds the source of each model's weights; None where it is not known yet.
    """
    found = [_change(settings, model, deployed.get(model.name), weights[model.name]) for model in settings.models]
    wanted = {model.name for model in settings.models}
    return found + [Change(name, "removed") for name in sorted(deployed.keys() - wanted)]


def _change(settings: Settings, model: Model, now: DeployedEndpoint | None, weights: Weights | None) -> Change:
    if now is None:
        return Change(model.name, "created")
    if now.components != model.scaling.components:
        names = Difference("endpoint", now.name, settings.endpoint_name(model))
        return Change(model.name, "succeeded", (names,), now.status, now.failure)
    differences = tuple(_differences(settings, model, now, weights))
    kind: Kind = "updated" if differences else "unchanged"
    if blocks_change(now.status, changes=bool(differences)):
        kind = "blocked"
    if refuses_instance_type(now.instance_type, model.instance_type, scaled=now.scaled):
        reason = (
            "SageMaker cannot change the instance type while the number of instances is scaled. Deploy "
            "`scaling: {mode: fixed}` first, then the other type, then the scaling again."
        )
        return Change(model.name, "blocked", differences, now.status, now.failure, reason)
    return Change(model.name, kind, differences, now.status, now.failure)


def _differences(
    settings: Settings, model: Model, now: DeployedEndpoint, weights: Weights | None
) -> Iterator[Difference]:
    pairs = (
        ("instance type", now.instance_type, model.instance_type),
        # Where they are scaled, a deploy leaves their number as it is.
        *([("instances", str(now.configured), str(model.instance_count))] if model.scaling.mode == "fixed" else []),
        ("image", now.image, containers.image(settings, model)),
        ("weights", now.weights, weights.uri if weights else now.weights),
    )
    for what, before, after in pairs:
        if before != after:
            yield Difference(what, before, after)
    wanted = containers.environment(model)
    for name in sorted(now.environment.keys() | wanted.keys()):
        before, after = now.environment.get(name, "unset"), wanted.get(name, "unset")
        if before != after:
            yield Difference(name, before, after)
    existing = settings.network.existing
    if existing and now.subnets != frozenset(existing.subnet_ids):
        yield Difference("subnets", ", ".join(sorted(now.subnets)), ", ".join(existing.subnet_ids))
