"""A CloudWatch dashboard."""

from __future__ import annotations

import json
from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from constructs_lib.observability.widget import Widget


class Dashboard(Construct):
    """A dashboard with the given widgets, in one piece of JSON: an object of the CDK's for each of its hundred metrics
    would take longer than the rest of the stack.

    Args:
        dashboard_name: its name.
        region: the region of its metrics.
        widgets: what it shows, with places.
        hours: how far back it looks when it is opened.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dashboard_name: str,
        region: str,
        widgets: Sequence[Widget],
        hours: int = 3,
    ) -> None:
        super().__init__(scope, construct_id)
        regional = [
            {**widget, "properties": {**widget["properties"], "region": region}}
            if widget["type"] == "metric"
            else widget
            for widget in widgets
        ]
        body = {"start": f"-PT{hours}H", "periodOverride": "inherit", "widgets": regional}
        cloudwatch.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=dashboard_name,
            dashboard_body=json.dumps(body, separators=(",", ":"), ensure_ascii=False),
        )
