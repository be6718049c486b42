"""The section `operations`: who is told what, when, and what is written down of the requests."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from falconry.settings.checks import mistake
from falconry.settings.section import Principal, Section

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", max_length=254)]


class Alarms(Section):
    """From where on an alarm goes off; docs/runbook.md says what to do then."""

    server_error_percent: float = Field(
        default=5,
        gt=0,
        le=100,
        description="Requests that fail by no fault of the caller, in percent, before somebody is paged: counted by "
        "the front, by API Gateway and by each endpoint, over ten minutes.",
    )
    overload_percent: float = Field(
        default=10,
        gt=0,
        le=100,
        description="Requests that a model refuses because it is busy, in percent over 15 minutes, before a notice.",
    )
    time_to_first_token_seconds: float = Field(
        default=30, gt=0, le=900, description="How long 5 % of the callers wait for the first token before a notice."
    )
    front_concurrency_percent: float = Field(
        default=80,
        gt=0,
        le=100,
        description="Fronts that run at once, in percent of those that may, before a notice.",
    )
    disk_percent: float = Field(
        default=85, gt=0, le=100, description="How full an instance's disk is, in percent, before a notice."
    )
    gpu_memory_percent: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="How full the GPUs' memory is, in percent, before a notice. None by default: the container takes "
        "nearly all of it when it starts.",
    )
    blocked_requests_per_5_minutes: int = Field(
        default=1_000, ge=1, description="Requests that AWS WAF blocks in five minutes before a notice."
    )


class Budget(Section):
    """A budget of AWS Budgets for what carries the deployment's tag."""

    monthly_usd: float = Field(
        gt=0,
        description="US dollars a calendar month. A notice comes at 80 and 100 % of it, and when the forecast is above "
        "it. The tag `falconry:deployment` has to be activated as a cost allocation tag.",
    )


class AuditLog(Section):
    """A record of each request in a bucket of its own, that one role alone can read."""

    enabled: bool = Field(default=False, description="Whether it is kept.")
    include_content: bool = Field(
        default=False,
        description="Whether prompts and answers are in it; otherwise it holds who, when, what and how much.",
    )
    retention_days: int = Field(default=365, ge=1, le=3_653, description="How long a record is kept.")
    readers: tuple[Principal, ...] = Field(
        default=(),
        description="Who may take the role that reads it: ARNs of roles, users or accounts. Default: whom the "
        "account's own policies let.",
    )

    @model_validator(mode="after")
    def _kept_at_all(self) -> Self:
        given = self.model_fields_set - {"enabled"}
        if not self.enabled and given:
            names = " and ".join(f"`{name}`" for name in sorted(given))
            raise mistake(f"must be true for {names} to mean something.", field="enabled")
        return self


class Operations(Section):
    """Who is told what, when, and what is written down of the requests."""

    page_emails: tuple[Email, ...] = Field(
        default=(),
        max_length=10,
        description="Who is woken when callers are affected. Each confirms a mail of Amazon SNS first.",
    )
    notice_emails: tuple[Email, ...] = Field(
        default=(), max_length=10, description="Who reads in the morning what needs a look, and about the budget."
    )
    runbook_url: Annotated[str, Field(pattern=r"^[^\s#]+$", max_length=200)] = Field(
        default="docs/runbook.md",
        description="Where the runbook is, for the alarms' links: the URL of docs/runbook.md in your copy of the "
        "repository.",
    )
    alarms: Alarms = Field(default=Alarms(), description="From where on alarms go off.")
    budget: Budget | None = Field(default=None, description="A monthly budget. Default: none.")
    audit_log: AuditLog = Field(default=AuditLog(), description="A record of each request.")
