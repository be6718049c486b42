"""The section `models[].update`: how a change replaces what is running."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from falconry.settings.checks import mistake
from falconry.settings.section import Section
from falconry.settings.sections.scaling import Scaling


class Update(Section):
    """How a changed model, image or instance type replaces the running one."""

    strategy: Literal["all_at_once", "canary", "linear", "rolling"] = Field(
        default="all_at_once",
        description="`all_at_once`: a second fleet starts, then takes all traffic; `canary`, `linear`: "
        "traffic shifts to it in two steps, or in several; `rolling`: instances are replaced in "
        "batches, with a smaller second fleet.",
    )
    step_percent: int | None = Field(
        default=None,
        ge=5,
        le=50,
        description="Share of the fleet in the first step of `canary`, in each step of `linear` (10 to 50), "
        "or in each batch of `rolling` (5 to 50). Default: 50.",
    )
    bake_minutes: int = Field(
        default=5,
        ge=0,
        le=60,
        description="Minutes between steps, and before the old fleet is removed, during which an alarm rolls "
        "the update back.",
    )
    rollback: bool = Field(
        default=True,
        description="Whether alarms on errors, time to first token and gateway function failures roll an update back.",
    )

    @model_validator(mode="after")
    def _step_fits(self) -> Self:
        if self.strategy == "all_at_once" and self.step_percent is not None:
            raise mistake("has no effect with `all_at_once`. Remove it.", field="step_percent")
        if self.strategy == "linear" and self.step_percent is not None and self.step_percent < 10:
            raise mistake(
                f"{self.step_percent} is too small for `linear`: SageMaker accepts 10 to 50.", field="step_percent"
            )
        return self

    @property
    def fleet_percent(self) -> int:
        """Size of the second fleet, in percent of the instances: for the quota."""
        return (self.step_percent or 50) if self.strategy == "rolling" else 100


def check_update(update: Update, scaling: Scaling, min_instances: int) -> None:
    """Raise a mistake where SageMaker would refuse the strategy for so few instances."""
    if scaling.components and update.strategy not in ("all_at_once", "rolling"):
        raise mistake(
            f"{update.strategy!r} is not available with `mode: scale_to_zero`, where copies of a model are replaced in "
            "batches. Use `rolling`, or leave it out.",
            field="update.strategy",
        )
    if update.strategy == "all_at_once" or scaling.components:
        return
    needed = -(-100 // (update.step_percent or 50))
    if min_instances < 2:
        raise mistake(
            f"{update.strategy!r} needs at least two instances, since a step is at most half of them; this model can "
            f"have {min_instances}. Use `all_at_once`, or raise "
            + ("`scaling.min_instances`." if scaling.mode != "fixed" else "`instance_count`."),
            field="update.strategy",
        )
    if min_instances < needed:
        raise mistake(
            f"{update.step_percent} percent of {min_instances} instances is less than one. Use at least "
            f"{-(-100 // min_instances)}, or run at least {needed} instances.",
            field="update.step_percent",
        )
