"""The concurrent requests that the endpoints hold; reserved concurrency, rate and burst follow from them."""

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
    """The concurrent requests that all endpoints of a deployment hold, as far as an account lets functions run.

    A request beyond them would wait for the model server or be rejected by it, so it is rejected earlier: API Gateway
    answers 429 above `requests_per_second` on average or `requests_at_once` in a burst, and Lambda never runs more than
    `requests_at_once` gateway functions.
    """

    requests_at_once: int

    @classmethod
    def of_instances(cls, concurrent_requests: Iterable[int]) -> Capacity:
        """The capacity of instances, given how many requests each of them holds."""
        return cls(min(sum(concurrent_requests), MAXIMUM_RESERVED_CONCURRENCY))

    @property
    def requests_per_second(self) -> float:
        """The rate at which places become free if every request takes `SECONDS_PER_REQUEST` (Little's law)."""
        return round(self.requests_at_once / SECONDS_PER_REQUEST, 2)
