"""An application that calls the API."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct


class ApiClient(Construct):
    """An API key with its own usage plan. API Gateway generates the key's value; no template or output contains it.

    Args:
        client_name: names key and plan, together with the API's name.
        rest_api: the API that the key opens.
        rate_per_second, burst: requests per second on average, and at once.
        requests_per_month: quota per calendar month, or None for no quota.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        client_name: str,
        rest_api: apigateway.RestApi,
        rate_per_second: float,
        burst: int,
        requests_per_month: int | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api_key = apigateway.ApiKey(self, "Key", api_key_name=client_name)
        plan = apigateway.UsagePlan(
            self,
            "UsagePlan",
            name=client_name,
            throttle=apigateway.ThrottleSettings(rate_limit=rate_per_second, burst_limit=burst),
            quota=None
            if requests_per_month is None
            else apigateway.QuotaSettings(limit=requests_per_month, period=apigateway.Period.MONTH),
        )
        plan.add_api_stage(stage=rest_api.deployment_stage)
        plan.add_api_key(self.api_key)
