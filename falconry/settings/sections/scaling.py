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
    """A recurring time at which the scaling bounds change."""

    cron: Annotated[str, Field(pattern=r"^\S+( \S+){5}$")] = Field(
        description=f"Six fields: {_CRON_FIELDS}. `0 7 ? * MON-FRI *` is 7:00 on weekdays."
    )
    min_instances: int = Field(ge=0, le=MOST_INSTANCES, description="Minimum number of instances from then on.")
    max_instances: int = Field(ge=0, le=MOST_INSTANCES, description="Maximum number of instances from then on.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _check_bounds(self.min_instances, self.max_instances)
        days = self.cron.split(" ")[2], self.cron.split(" ")[4]
        if "?" not in days:
            raise mistake(
                f"{self.cron!r} sets both day-of-month and day-of-week. Use `?` for one of them, as in "
                "`0 7 ? * MON-FRI *`.",
                field="cron",
            )
        return self


class Scaling(Section):
    """The number of instances behind the endpoint, by load or by schedule."""

    mode: Literal["fixed", "target_tracking", "scheduled", "scale_to_zero"] = Field(
        default="fixed",
        description="`fixed`: always `instance_count`; `target_tracking`: follows the load; `scheduled`: "
        "follows the schedules; `scale_to_zero`: follows the load, down to no instance when there "
        "are no requests.",
    )
    min_instances: int | None = Field(
        default=None,
        ge=0,
        le=MOST_INSTANCES,
        description="Minimum number of instances. Default: `instance_count`, or 0 with `scale_to_zero`.",
    )
    max_instances: int | None = Field(
        default=None,
        ge=1,
        le=MOST_INSTANCES,
        description="Maximum number of instances. Default: the larger of the minimum and `instance_count`.",
    )
    concurrent_requests_per_instance: float = Field(
        default=64,
        gt=0,
        le=1_000,
        description="Target number of concurrent requests per instance. Half of what a container accepts "
        "leaves room until a new instance is in service.",
    )
    scale_in_cooldown_minutes: int = Field(
        default=15, ge=1, le=720, description="Minutes to wait after a scaling activity before instances are removed."
    )
    scale_out_cooldown_minutes: int = Field(
        default=5, ge=1, le=720, description="Minutes to wait after a scaling activity before instances are added."
    )
    time_zone: str = Field(
        default="UTC", description="Time zone of the schedules: an IANA name such as `Europe/Berlin`."
    )
    schedules: tuple[Schedule, ...] = Field(
        default=(),
        max_length=20,
        description="When the bounds change. Required with `scheduled`; not available with `fixed`.",
    )

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        known = available_timezones()
        # A machine without a time zone database knows none; then SageMaker has the last word.
        if known and name not in known:
            guess = did_you_mean(name, sorted(known))
            raise mistake(f"{name!r} is not a time zone.{guess} Use an IANA name such as Europe/Berlin.")
        return name

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        given = self.model_fields_set - {"mode"}
        if self.mode == "fixed" and given:
            names = ", ".join(f"`{name}`" for name in sorted(given))
            raise mistake(
                f"`fixed` always runs `instance_count` instances. Remove {names}, or use `mode: target_tracking`, "
                "`scheduled` or `scale_to_zero`.",
                field="mode",
            )
        if self.mode == "scheduled" and not self.schedules:
            raise mistake(
                "is required for `mode: scheduled`. List when the bounds change: "
                '`- {cron: "0 7 ? * MON-FRI *", min_instances: 2, max_instances: 2}`.',
                field="schedules",
            )
        if self.min_instances is not None and self.max_instances is not None:
            _check_bounds(self.min_instances, self.max_instances)
        self._no_zero_without_components()
        return self

    def _no_zero_without_components(self) -> None:
        """An endpoint that serves a model itself needs an instance; one with inference components may have none."""
        if self.mode == "scale_to_zero":
            return
        remedy = "Only `mode: scale_to_zero` may have none. Use 1, or that mode, which accepts schedules too."
        if self.min_instances == 0:
            raise mistake(f"is 0. {remedy}", field="min_instances")
        for one in self.schedules:
            if one.min_instances == 0:
                raise mistake(f"min_instances is 0 at `{one.cron}`. {remedy}", field="schedules")

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
            f"{most} is less than min_instances, {fewest}. Raise it, or lower min_instances.", field="max_instances"
        )
