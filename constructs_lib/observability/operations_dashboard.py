"""The CloudWatch dashboard of a deployment."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from constructs_lib.logical_id import keep_logical_id, path_below_stack


class OperationsDashboard(Construct):
    """A dashboard of the last few hours.

    Args:
        dashboard_name: its name.
        rows: the widgets; a row wraps where it is full.
        hours: the period that it shows when it is opened.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dashboard_name: str,
        rows: Sequence[Sequence[cloudwatch.IWidget]],
        hours: int = 3,
    ) -> None:
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=dashboard_name,
            widgets=[list(row) for row in rows],
            default_interval=Duration.hours(hours),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        keep_logical_id(dashboard, *path_below_stack(self), "Dashboard")
