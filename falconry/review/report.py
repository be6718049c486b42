"""The review of one or several deployments: findings and verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from falconry.assembly.cloud_assembly import EMPTY, CloudAssembly
from falconry.review import api, clients, data, endpoints, network, permissions, stacks
from falconry.review.comparison import Comparison
from falconry.review.cost import CostComparison, cost
from falconry.review.endpoints import EndpointChange, endpoint_changes
from falconry.review.findings import Finding, Level, Topic, attention, in_order
from falconry.review.resources import ResourceChange


class Verdict(StrEnum):
    """The verdict on a pull request, the worst first."""

    FAILED = "failed"
    DANGER = "danger"
    ATTENTION = "attention"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The review of one config.

    Attributes:
        name: of the config, such as "dev"; "" where only one was compared and the folder does not tell.
        failure: what `cdk synth` said where it made nothing of the head.
    """

    name: str
    comparison: Comparison
    endpoints: tuple[EndpointChange, ...]
    findings: tuple[Finding, ...]
    cost: CostComparison
    failure: str | None = None

    @property
    def changes(self) -> Sequence[ResourceChange]:
        return self.comparison.changes

    @property
    def stacks(self) -> Sequence[str]:
        """The names of all stacks that run after the deploy, including those left behind."""
        return list(self.comparison.running.assembly.stacks)

    @property
    def verdict(self) -> Verdict:
        if self.failure is not None:
            return Verdict.FAILED
        levels = {finding.level for finding in self.findings}
        if Level.DANGER in levels:
            return Verdict.DANGER
        return Verdict.ATTENTION if Level.ATTENTION in levels else Verdict.GOOD

    @property
    def changed(self) -> bool:
        return bool(self.changes or self.findings or self.failure)

    def counts(self, stack: str) -> Mapping[str, int]:
        """Action to the number of resources in a stack."""
        return Counter(change.action for change in self.changes if change.stack.name == stack)


@dataclass(frozen=True, slots=True)
class Review:
    """The review of a pull request."""

    deployments: tuple[Deployment, ...]

    @property
    def verdict(self) -> Verdict:
        verdicts = {one.verdict for one in self.deployments}
        return next((one for one in Verdict if one in verdicts), Verdict.GOOD)

    def of_level(self, level: Level) -> list[tuple[Deployment, Finding, list[str]]]:
        """The findings of a level; equal ones are merged, with all of their subjects."""
        found: dict[tuple[str, str, str], tuple[Deployment, Finding, list[str]]] = {}
        for one in self.deployments:
            for finding in one.findings:
                if finding.level == level:
                    key = (one.name, finding.what, finding.mend)
                    found.setdefault(key, (one, finding, []))[2].append(finding.subject)
        return list(found.values())


def review(
    base: Mapping[str, CloudAssembly],
    head: Mapping[str, CloudAssembly],
    failures: Mapping[str, str] | None = None,
    unknown: Collection[str] = (),
) -> Review:
    """Compares every config of two branches.

    Args:
        base, head: config name to assembly.
        failures: config name to what `cdk synth` said of it, for those that the head cannot make.
        unknown: names of those that the base cannot make.
    """
    failed = failures or {}
    names = sorted(base.keys() | head.keys() | failed.keys())
    return Review(
        tuple(
            _failed(name, failed[name])
            if name in failed
            else deployment(name, base.get(name, EMPTY), head.get(name, EMPTY), base_known=name not in unknown)
            for name in names
        )
    )


def deployment(name: str, base: CloudAssembly, head: CloudAssembly, *, base_known: bool = True) -> Deployment:
    """Compares one config."""
    comparison = Comparison.of(base, head)
    changed = endpoint_changes(comparison)
    found = [
        *stacks.findings(comparison),
        *endpoints.findings(comparison, changed),
        *permissions.findings(comparison),
        *network.findings(comparison),
        *api.findings(comparison),
        *data.findings(comparison),
        *clients.findings(comparison),
    ]
    if not base_known:
        what = "The base cannot be synthesized: everything counts as new, and the effect on what runs is unknown."
        found.append(
            attention(
                Topic.DEPLOY,
                name,
                what,
                "Compare with the last commit that can be synthesized: `make review BASE=...`.",
            )
        )
    return Deployment(
        name=name,
        comparison=comparison,
        endpoints=tuple(changed),
        findings=tuple(in_order(found)),
        # What is left behind goes on to cost.
        cost=cost(comparison.base, comparison.running),
    )


def _failed(name: str, said: str) -> Deployment:
    nothing = Comparison.of(EMPTY, EMPTY)
    return Deployment(name, nothing, (), (), cost(nothing.base, nothing.running), said)


def as_json(found: Review) -> dict[str, object]:
    """The review as JSON, for scripts."""
    return {
        "verdict": found.verdict,
        "deployments": [
            {
                "name": one.name,
                "verdict": one.verdict,
                "failure": one.failure,
                "findings": [asdict(finding) for finding in one.findings],
                "endpoints": [asdict(endpoint) for endpoint in one.endpoints],
                "stacks": {stack: dict(one.counts(stack)) for stack in one.stacks},
                "resources": [_resource(change) for change in one.changes],
                "usd_per_month": {"before": one.cost.before, "after": one.cost.after, "unknown": one.cost.unknown},
            }
            for one in found.deployments
        ],
    }


def _resource(change: ResourceChange) -> dict[str, object]:
    return {
        "stack": change.stack.name,
        "path": change.path,
        "logical_id": change.logical_id,
        "type": change.type,
        "action": change.action,
        "through": change.through,
        "properties": [asdict(one) for one in change.properties],
    }
