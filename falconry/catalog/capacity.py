"""How many requests the endpoints can hold, from which reserved concurrency, rate and burst follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MAXIMUM_RESERVED_CONCURRENCY = 900
"""An account runs 1000 functions at once in a region unless its quota was raised, and Lambda keeps 100 of them
unreserved (developer guide, "Configuring reserved concurrency")."""

SECONDS_PER_REQUEST = 60
"""How long a request is taken to occupy its place: the time that SageMaker gives a model to answer (InvokeEndpoint)."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """What all endpoints of a deployment can hold together, as far as an account lets their front run.

    A request beyond it would wait for the model server or be refused by it. It is refused at the door instead: API
    Gateway answers 429 above `requests_per_second` on average or `requests_at_once` in a burst, and Lambda never runs
    more than `requests_at_once` fronts.
    """

    requests_at_once: int

    @classmethod
    def of_instances(cls, concurrent_requests: Iterable[int]) -> Capacity:
        """The capacity of instances that take so many requests at once each."""
        return cls(min(sum(concurrent_requests), MAXIMUM_RESERVED_CONCURRENCY))

    @property
    def requests_per_second(self) -> float:
        """The rate at which places become free when every request takes `SECONDS_PER_REQUEST` (Little's law)."""
        return round(self.requests_at_once / SECONDS_PER_REQUEST, 2)
