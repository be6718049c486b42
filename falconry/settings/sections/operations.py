"""The section `operations`: alarm recipients, alarm thresholds, budget, audit log."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from falconry.settings.checks import mistake
from falconry.settings.section import Principal, Section

Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$", max_length=254)]


class Alarms(Section):
    """Alarm thresholds. docs/runbook.md says how to respond to each alarm."""

    server_error_percent: float = Field(
        default=5,
        gt=0,
        le=100,
        description="Percentage of requests over ten minutes that fail through no fault of the caller, above "
        "which someone is paged. Measured by the gateway function, by API Gateway and by each "
        "endpoint.",
    )
    overload_percent: float = Field(
        default=10,
        gt=0,
        le=100,
        description="Percentage of requests over 15 minutes that a model rejects as overloaded, above which a "
        "notice is sent.",
    )
    time_to_first_token_seconds: float = Field(
        default=30,
        gt=0,
        le=900,
        description="Seconds to the first token (95th percentile) above which a notice is sent.",
    )
    front_concurrency_percent: float = Field(
        default=80,
        gt=0,
        le=100,
        description="Concurrent executions of the gateway function, as a percentage of its reserved "
        "concurrency, above which a notice is sent.",
    )
    disk_percent: float = Field(
        default=85,
        gt=0,
        le=100,
        description="Disk utilization of an instance, in percent, above which a notice is sent.",
    )
    gpu_memory_percent: float | None = Field(
        default=None,
        gt=0,
        le=100,
        description="GPU memory utilization, in percent, above which a notice is sent. Default: no alarm, "
        "since the container reserves nearly all of it at startup.",
    )
    blocked_requests_per_5_minutes: int = Field(
        default=1_000, ge=1, description="Requests blocked by AWS WAF in five minutes, above which a notice is sent."
    )


class BudgetSettings(Section):
    """An AWS Budgets budget for resources with the deployment's tag."""

    monthly_usd: float = Field(
        gt=0,
        description="US dollars per calendar month. Notices are sent at 80% and 100% of it, and when the "
        "forecast exceeds it. Activate `falconry:deployment` as a cost allocation tag first.",
    )


class AuditLogSettings(Section):
    """A record of each request, in a separate bucket that only one role can read."""

    enabled: bool = Field(default=False, description="Whether to keep an audit log.")
    include_content: bool = Field(
        default=False,
        description="Whether records include prompts and answers, besides caller, time, model and token counts.",
    )
    retention_days: int = Field(default=365, ge=1, le=3_653, description="How long records are kept, in days.")
    readers: tuple[Principal, ...] = Field(
        default=(),
        description="ARNs of the roles, users or accounts that may assume the reader role. Default: whoever "
        "the account's own policies allow.",
    )

    @model_validator(mode="after")
    def _kept_at_all(self) -> Self:
        given = self.model_fields_set - {"enabled"}
        if not self.enabled and given:
            names = " and ".join(f"`{name}`" for name in sorted(given))
            raise mistake(f"must be true to use {names}. Set `enabled: true`, or remove {names}.", field="enabled")
        return self


class Operations(Section):
    """Alarm recipients, alarm thresholds, budget, audit log."""

    page_emails: tuple[Email, ...] = Field(
        default=(),
        max_length=10,
        description="Recipients of pages, which are sent when callers are affected. Each must confirm an "
        "e-mail from Amazon SNS first.",
    )
    notice_emails: tuple[Email, ...] = Field(
        default=(),
        max_length=10,
        description="Recipients of notices: alarms that can wait until morning, and budget alerts.",
    )
    runbook_url: Annotated[str, Field(pattern=r"^[^\s#]+$", max_length=200)] = Field(
        default="docs/runbook.md",
        description="URL of the runbook for the links in alarms: docs/runbook.md in your copy of the repository.",
    )
    alarms: Alarms = Field(default=Alarms(), description="Alarm thresholds.")
    budget: BudgetSettings | None = Field(default=None, description="A monthly budget. Default: none.")
    audit_log: AuditLogSettings = Field(default=AuditLogSettings(), description="A record of each request.")
