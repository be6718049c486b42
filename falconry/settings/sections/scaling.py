"""The section `models[].scaling`: how many instances a model has, and when."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from falconry.did_you_mean import did_you_mean
from falconry.settings.checks import mistake
from falconry.settings.section import Section

MOST_INSTANCES = 100

_CRON_FIELDS = "minute hour day-of-month month day-of-week year"


class Schedule(Section):
    """A moment at which the bounds of the scaling change, again and again."""

    cron: Annotated[str, Field(pattern=r"^\S+( \S+){5}$")] = Field(
        description=f"Six fields: {_CRON_FIELDS}. `0 7 ? * MON-FRI *` is seven o'clock on working days."
    )
    min_instances: int = Field(ge=0, le=MOST_INSTANCES, description="From then on, at least so many instances.")
    max_instances: int = Field(ge=0, le=MOST_INSTANCES, description="From then on, at most so many.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_bounds(self.min_instances, self.max_instances)
        days = self.cron.split(" ")[2], self.cron.split(" ")[4]
        if "?" not in days:
            raise mistake(
                f"{self.cron!r} names both days of the month and days of the week. Write `?` for one of them, such as "
                "`0 7 ? * MON-FRI *`.",
                field="cron",
            )
        return self


class Scaling(Section):
    """How many instances stand behind the endpoint as the load or the clock changes."""

    mode: Literal["fixed", "target_tracking", "scheduled", "scale_to_zero"] = Field(
        default="fixed",
        description="`fixed`: always `instance_count`; `target_tracking`: as many as the requests need; `scheduled`: "
        "by the clock; `scale_to_zero`: as many as the requests need, none without requests.",
    )
    min_instances: int | None = Field(
        default=None,
        ge=0,
        le=MOST_INSTANCES,
        description="The fewest. Default: `instance_count`; 0 for `scale_to_zero`.",
    )
    max_instances: int | None = Field(
        default=None,
        ge=1,
        le=MOST_INSTANCES,
        description="The most. Default: the fewest, and at least `instance_count`.",
    )
    concurrent_requests_per_instance: float = Field(
        default=64,
        gt=0,
        le=1_000,
        description="Requests under way at once in each instance that the scaling aims at. Half of what a container "
        "takes leaves room for the minutes until a new instance serves.",
    )
    scale_in_cooldown_minutes: int = Field(
        default=15, ge=1, le=720, description="Minutes to wait after a change before instances are taken away."
    )
    scale_out_cooldown_minutes: int = Field(
        default=5, ge=1, le=720, description="Minutes to wait after a change before more instances are added."
    )
    time_zone: str = Field(
        default="UTC", description="The time zone of the schedules, such as `Europe/Berlin` (IANA's names)."
    )
    schedules: tuple[Schedule, ...] = Field(
        default=(), max_length=20, description="When the bounds change. Not for `fixed`; needed for `scheduled`."
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        known = available_timezones()
        # A machine without a time zone database knows none; then SageMaker has the last word.
        if known and name not in known:
            guess = did_you_mean(name, sorted(known))
            raise mistake(f"{name!r} is not a time zone.{guess} Write one of IANA's names, such as Europe/Berlin.")
        return name

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        given = self.model_fields_set - {"mode"}
        if self.mode == "fixed" and given:
            names = ", ".join(f"`{name}`" for name in sorted(given))
            raise mistake(
                f"`fixed` means `instance_count`, always. Take out {names}, or write `mode: target_tracking`, "
                "`scheduled` or `scale_to_zero`.",
                field="mode",
            )
        if self.mode == "scheduled" and not self.schedules:
            raise mistake(
                "is needed for `mode: scheduled`. Write when the bounds change: "
                '`- {cron: "0 7 ? * MON-FRI *", min_instances: 2, max_instances: 2}`.',
                field="schedules",
            )
        if self.min_instances is not None and self.max_instances is not None:
            _check_bounds(self.min_instances, self.max_instances)
        self._no_zero_without_components()
        return self

    def _no_zero_without_components(self) -> None:
        """An endpoint that serves a model itself keeps an instance; one with inference components may have none."""
        if self.mode == "scale_to_zero":
            return
        mend = "Only `mode: scale_to_zero` can have no instance. Write 1, or that mode; it takes schedules too."
        if self.min_instances == 0:
            raise mistake(f"is 0. {mend}", field="min_instances")
        for one in self.schedules:
            if one.min_instances == 0:
                raise mistake(f"`{one.cron}` has min_instances 0. {mend}", field="schedules")

    @property
    def components(self) -> bool:
        """Whether the endpoint holds inference components, which can be scaled to zero, instead of a model."""
        return self.mode == "scale_to_zero"

    def bounds(self, instance_count: int) -> tuple[int, int]:
        """The fewest and the most instances, outside of any schedule."""
        fewest = self.min_instances if self.min_instances is not None else 0 if self.components else instance_count
        most = self.max_instances if self.max_instances is not None else max(fewest, instance_count)
        return fewest, most


def _check_bounds(fewest: int, most: int) -> None:
    if most < fewest:
        raise mistake(
            f"{most} is less than min_instances, {fewest}. Raise it, or lower the other.", field="max_instances"
        )
