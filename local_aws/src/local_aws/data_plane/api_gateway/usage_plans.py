"""API keys, usage plans, and the throttling and quotas that follow from them.

Throttling is a token bucket: it holds `burst` tokens, is refilled with `rate` tokens a second, and each request takes
one. A request must find a token in every bucket that applies to it: the stage's method setting, and the plan's bucket
of its key (for the method, if the plan says so for it). Quotas count the requests of a key in a plan per day, week
(from Sunday) or month, in UTC, moved by the plan's offset in days. AWS enforces both "on a best-effort basis"; here
they are exact.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local_aws.data_plane.api_gateway.definition import Throttle
from local_aws.data_plane.api_gateway.errors import GatewayError


@dataclass(frozen=True)
class ApiKey:
    id: str
    value: str
    enabled: bool


@dataclass(frozen=True)
class Quota:
    limit: int
    offset: int
    period: str  # DAY | WEEK | MONTH


@dataclass(frozen=True)
class UsagePlan:
    id: str
    stages: dict[tuple[str, str], dict[str, Throttle]]  # (API id, stage) -> "/path/METHOD" -> throttle
    throttle: Throttle
    quota: Quota | None
    key_ids: frozenset[str]


@dataclass(frozen=True)
class KeyRing:
    """All keys and plans of the account, as they are now."""

    keys: dict[str, ApiKey]  # by value
    plans: tuple[UsagePlan, ...]

    def plan_of(self, value: str | None, api_id: str, stage: str) -> tuple[ApiKey, UsagePlan]:
        """The key and its plan for a stage. Raises GatewayError(INVALID_API_KEY)."""
        if not value:
            raise GatewayError("INVALID_API_KEY", "the request has no API key")
        key = self.keys.get(value)
        if key is None or not key.enabled:
            raise GatewayError(
                "INVALID_API_KEY", "there is no such API key" if key is None else f"API key {key.id} is disabled"
            )
        for plan in self.plans:
            if key.id in plan.key_ids and (api_id, stage) in plan.stages:
                return key, plan
        raise GatewayError("INVALID_API_KEY", f"API key {key.id} is in no usage plan of stage {stage!r}")


def load_key_ring(client: Any) -> KeyRing:
    """Reads keys and plans with a boto3 `apigateway` client."""
    keys = [
        ApiKey(item["id"], item["value"], bool(item.get("enabled")))
        for item in client.get_api_keys(includeValues=True, limit=500)["items"]
    ]
    plans = []
    for item in client.get_usage_plans(limit=500)["items"]:
        stages = {
            (stage["apiId"], stage["stage"]): {
                key: _throttle(value) for key, value in (stage.get("throttle") or {}).items()
            }
            for stage in item.get("apiStages") or []
        }
        quota = item.get("quota")
        members = client.get_usage_plan_keys(usagePlanId=item["id"], limit=500)["items"]
        plans.append(
            UsagePlan(
                id=item["id"],
                stages=stages,
                throttle=_throttle(item.get("throttle") or {}),
                quota=Quota(int(quota["limit"]), int(quota.get("offset") or 0), quota["period"]) if quota else None,
                key_ids=frozenset(member["id"] for member in members),
            )
        )
    return KeyRing({key.value: key for key in keys}, tuple(plans))


def _throttle(item: dict[str, Any]) -> Throttle:
    rate, burst = item.get("rateLimit"), item.get("burstLimit")
    return Throttle(None if rate is None else float(rate), None if burst is None else int(burst))


class TokenBucket:
    """Starts full. Without a rate there is no limit."""

    def __init__(self, throttle: Throttle, now: float) -> None:
        self.throttle = throttle
        # A plan may give one of the two: the other follows from it.
        self._capacity = float(throttle.burst if throttle.burst is not None else max(throttle.rate or 0.0, 1.0))
        self._tokens = self._capacity
        self._updated = now

    def take(self, now: float) -> bool:
        if self.throttle.rate is None:
            return True
        self._tokens = min(self._capacity, self._tokens + (now - self._updated) * self.throttle.rate)
        self._updated = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def period_start(quota: Quota, moment: datetime) -> datetime:
    """When the quota's current period began."""
    shifted = moment - timedelta(days=quota.offset)
    day = shifted.replace(hour=0, minute=0, second=0, microsecond=0)
    start = {
        "DAY": day,
        "WEEK": day - timedelta(days=(day.weekday() + 1) % 7),
        "MONTH": day.replace(day=1),
    }[quota.period]
    return start + timedelta(days=quota.offset)


class Meter:
    """Counts requests against throttles and quotas; counts survive a reload of what is deployed."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, ...], TokenBucket] = {}
        self._used: dict[tuple[str, str], tuple[datetime, int]] = {}

    def take_token(self, throttle: Throttle | None, *key: str) -> None:
        """Raises GatewayError(THROTTLED) if the bucket of this key is empty. A changed throttle starts a new bucket."""
        if throttle is None or throttle.rate is None:
            return
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None or bucket.throttle != throttle:
            bucket = self._buckets[key] = TokenBucket(throttle, now)
        if not bucket.take(now):
            raise GatewayError(
                "THROTTLED",
                f"more than {throttle.rate:g} requests a second (burst {throttle.burst}) for {'/'.join(key)}",
            )

    def take_quota(self, plan: UsagePlan, key: ApiKey) -> None:
        """Raises GatewayError(QUOTA_EXCEEDED) if the key has used up its period's requests."""
        if plan.quota is None:
            return
        start = period_start(plan.quota, datetime.fromtimestamp(self._clock(), UTC))
        period, used = self._used.get((plan.id, key.id), (start, 0))
        if period != start:
            used = 0
        if used >= plan.quota.limit:
            raise GatewayError(
                "QUOTA_EXCEEDED", f"key {key.id} has used its {plan.quota.limit} requests per {plan.quota.period}"
            )
        self._used[plan.id, key.id] = (start, used + 1)
